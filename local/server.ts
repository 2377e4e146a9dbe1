import * as worker from "../src/index.ts";
import { Background } from "./background.ts";
import { fileBlobStore } from "./blobs/file-blob-store.ts";
import { LocalRoom } from "./blobs/local-room.ts";
import type { DurableObject } from "./cloudflare-workers.ts";
import { Namespace } from "./durable-objects/namespace.ts";
import { entrypointsOf } from "./entrypoints.ts";
import type { Handler } from "./http/dispatcher.ts";
import type { Request } from "./http/request.ts";
import type { Response } from "./http/response.ts";
import { serveHttp } from "./http/server.ts";
import { minioHealth } from "./minio-health.ts";

export { logTo } from "./console.ts";

export interface LocalServerOptions {
  /** Numeric, e.g. `127.0.0.1` or `::1`. */
  readonly address: string;
  /** 0 for any free one. */
  readonly port: number;
  /** PEM; undefined: plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** Folders that are there, and this server's alone. */
  readonly indexPath: string;
  readonly blobsPath: string;
  readonly roomPath: string;
  /** The settings of wrangler.toml, all of them, and the root credentials. */
  readonly vars: Readonly<Record<string, string>>;
  /** Whether what is acknowledged is on the disk first, so that it outlives a loss of power. */
  readonly isSynced: boolean;
  /** It answers requests, and does nothing in its own time. */
  readonly isAtRest?: boolean;
}

export interface LocalServer {
  readonly port: number;
  /**
   * Takes no new requests, answers the open ones, lets shards do what is due, and closes what it has open; done when nothing of it
   * is left.
   *
   * @param patienceMs how long the open requests, and then what is due, may take
   */
  stop(patienceMs: number): Promise<void>;
}

// `src/` is written to the types of Cloudflare's runtime, and has this platform's classes in their place.

type ObjectClass = new (ctx: DurableObjectState, env: object) => DurableObject;

const DirectoryClass = worker.DirectoryObject as unknown as ObjectClass;
const IndexClass = worker.BucketIndexObject as unknown as ObjectClass;

const fetchFromWorker = worker.default.fetch as unknown as (
  request: Request,
  env: object,
  context: Background,
) => Response | Promise<Response>;

/**
 * The Worker in this process: its Durable Objects are objects here, their databases and the blobs are files in the
 * folders.
 *
 * @throws Error of the system when the address cannot be listened on
 */
export async function startLocalServer(options: LocalServerOptions): Promise<LocalServer> {
  const { address, port, tls, indexPath: folder, isSynced, isAtRest = false } = options;
  const blobs = fileBlobStore(options.blobsPath, { isSynced });
  const room = new LocalRoom(options.roomPath);
  const stopping = new AbortController();
  const env: Record<string, unknown> = {
    ...options.vars,
    LOCAL_PORTS: { blobs, room, stopping: stopping.signal },
  };
  const background = new Background((context) => entrypointsOf(worker, env, context));
  const { exports } = background;
  const shared = { folder, env, exports, isSynced, isAtRest };
  // The unique keys are names of folders: another one would leave all data behind.
  const directory = new Namespace(DirectoryClass, { ...shared, uniqueKey: "ledge-directory" });
  const index = new Namespace(IndexClass, { ...shared, uniqueKey: "ledge-index" });
  Object.assign(env, { DIRECTORY: directory, BUCKET_INDEX: index });
  const handle: Handler = (request) =>
    minioHealth(request) ?? fetchFromWorker(request, env, background);
  const http = await serveHttp(handle, { host: address, port, tls });
  return {
    port: http.port,
    async stop(patienceMs) {
      const untilMs = Date.now() + patienceMs;
      stopping.abort();
      await http.stop(patienceMs);
      await background.settled();
      // What the last requests have left to do, such as to tell of events, is done now rather than at the next start.
      await index.settle(untilMs);
      // Shards ask the Directory, never the other way round.
      await index.close();
      // Of entrypoints that shards have called.
      await background.settled();
      await directory.close();
      room.close();
    },
  };
}
