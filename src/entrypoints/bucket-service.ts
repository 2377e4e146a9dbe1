import { WorkerEntrypoint } from "cloudflare:workers";
import { R2Calls } from "../http/r2/bucket-service.ts";
import { toS3Error } from "../http/render-error.ts";
import type {
  BucketServiceCalls,
  WireFound,
  WireGetOptions,
  WireListOptions,
  WireObject,
  WirePage,
  WirePart,
  WireUploadOptions,
} from "../protocol/r2/wire.ts";

/**
 * A bucket for other Workers of the account, who bind it with `props` that say which bucket it is and by whose right: `ledge/r2`
 * makes an `R2Bucket` of it. `docs/r2-binding.md` describes it.
 */
export class BucketService extends WorkerEntrypoint implements BucketServiceCalls {
  head(key: string): Promise<WireObject | null> {
    return told(this.#calls().head(key));
  }

  get(key: string, options: WireGetOptions): Promise<WireFound | null> {
    return told(this.#calls().get(key, options));
  }

  list(options: WireListOptions): Promise<WirePage> {
    return told(this.#calls().list(options));
  }

  delete(keys: readonly string[]): Promise<void> {
    return told(this.#calls().delete(keys));
  }

  createMultipartUpload(key: string, options: WireUploadOptions): Promise<string> {
    return told(this.#calls().createMultipartUpload(key, options));
  }

  abortMultipartUpload(key: string, uploadId: string): Promise<void> {
    return told(this.#calls().abortMultipartUpload(key, uploadId));
  }

  completeMultipartUpload(
    key: string,
    uploadId: string,
    parts: readonly WirePart[],
  ): Promise<WireObject> {
    return told(this.#calls().completeMultipartUpload(key, uploadId, parts));
  }

  override async fetch(request: Request): Promise<Response> {
    return Response.json(await this.#calls().upload(request));
  }

  #calls(): R2Calls {
    return new R2Calls(this.env, this.ctx);
  }
}

/** An error keeps its message and its own members on its way, and not its class. */
async function told<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const { code, message } = toS3Error(error);
    throw Object.assign(new Error(message), { code });
  }
}
