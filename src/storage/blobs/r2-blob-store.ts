import type {
  BlobPage,
  BlobRange,
  BlobStore,
  BlobWriteResult,
  OpenBlob,
} from "../ports/blob-store.ts";
import { pipe, pump } from "./pump.ts";

/** R2's errors carry their code in the text only: "put: … (10037)". */
const BAD_DIGEST = "(10037)";

/** The {@link BlobStore} port over an R2 bucket. */
export function r2BlobStore(bucket: R2Bucket): BlobStore {
  return {
    async write(id, source, expected): Promise<BlobWriteResult> {
      const digest = expected === undefined ? {} : { [expected.algorithm]: expected.hex };
      try {
        const put = (body: ReadableStream<Uint8Array>) => bucket.put(id, body, digest);
        const { etag } = await (source.native === undefined
          ? pump(source, put)
          : pipe(source.native, source.sizeBytes, put));
        // R2's ETag of a single put is the MD5 of its bytes.
        return { ok: true, md5Hex: etag };
      } catch (error) {
        if (error instanceof Error && error.message.includes(BAD_DIGEST))
          return { ok: false, reason: "digest" };
        throw error;
      }
    },

    async read(id: string, range: BlobRange | undefined): Promise<OpenBlob> {
      const found = await bucket.get(id, range === undefined ? {} : { range });
      if (found === null) throw new Error(`blob ${id} is missing`);
      return { body: found.body, sizeBytes: found.size };
    },

    async storedSizeOf(id: string): Promise<number | undefined> {
      return (await bucket.head(id))?.size;
    },

    async delete(ids: readonly string[]): Promise<void> {
      await bucket.delete([...ids]);
    },

    async list(prefix: string, after: string): Promise<BlobPage> {
      const options = after === "" ? { prefix } : { prefix, startAfter: after };
      const { objects, truncated } = await bucket.list(options);
      const ids = objects.map(({ key }) => key);
      return { ids, next: truncated ? ids.at(-1) : undefined };
    },
  };
}
