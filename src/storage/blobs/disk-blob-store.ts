import { createHash, type Hash } from "node:crypto";
import type { BlobDigest, BlobSource, BlobStore, BlobWriteResult } from "../ports/blob-store.ts";
import { blobPath, listBlobFiles } from "./blob-files.ts";
import { pump } from "./pump.ts";

class DigestMismatch extends Error {}

/**
 * The {@link BlobStore} port over workerd's `disk` service: GET (with Range), PUT (to a temporary name, then renamed)
 * and DELETE of files, GET of a folder as JSON. The service hashes nothing, so this does.
 */
export function diskBlobStore(disk: Fetcher): BlobStore {
  const send = (path: string, init?: RequestInit): Promise<Response> =>
    disk.fetch(`http://disk/${path}`, init);

  return {
    async write(id, source, expected, { wantsMd5 = true } = {}): Promise<BlobWriteResult> {
      const md5 = wantsMd5 ? createHash("md5") : undefined;
      const expectedHash = expected === undefined ? undefined : createHash(expected.algorithm);
      const verified = { ...source, chunks: () => hashed(source, md5, expectedHash, expected) };
      try {
        const response = await pump(verified, (body) =>
          send(blobPath(id), { method: "PUT", body }),
        );
        await requireOk(response, "write", id);
        return { ok: true, md5Hex: md5?.digest("hex") ?? "" };
      } catch (error) {
        if (error instanceof DigestMismatch) return { ok: false, reason: "digest" };
        throw error;
      }
    },

    async read(id, range) {
      const headers: Record<string, string> = {};
      if (range !== undefined)
        headers["range"] = `bytes=${range.offset}-${range.offset + range.length - 1}`;
      const response = await requireOk(await send(blobPath(id), { headers }), "read", id);
      if (response.body === null) throw new Error(`blob ${id} has no body`);
      return { body: response.body, sizeBytes: fileSizeOf(response) };
    },

    async storedSizeOf(id) {
      const response = await send(blobPath(id), { method: "HEAD" });
      if (response.status === 404) return undefined;
      return fileSizeOf(await requireOk(response, "look at", id));
    },

    async delete(ids) {
      for (const id of ids) {
        const response = await send(blobPath(id), { method: "DELETE" });
        if (response.status !== 404) await requireOk(response, "delete", id);
      }
    },

    list: (prefix, after) => listBlobFiles(namesIn, prefix, after),
  };

  async function namesIn(path: string): Promise<string[]> {
    const response = await send(path);
    if (response.status === 404) return [];
    const entries = await (await requireOk(response, "list", path)).json<{ name: string }[]>();
    return entries.map(({ name }) => name);
  }
}

/** The service tells it in `Content-Range: bytes 0-9/10` when it sends less, else in Content-Length. */
function fileSizeOf({ headers }: Response): number {
  const range = headers.get("content-range");
  return Number(
    range === null ? headers.get("content-length") : range.slice(range.lastIndexOf("/") + 1),
  );
}

/**
 * The source's chunks, hashed as they pass. The digest is checked before the last chunk goes on, since the service keeps
 * a file once it has seen all of its bytes.
 *
 * @throws DigestMismatch
 */
async function* hashed(
  source: BlobSource,
  md5: Hash | undefined,
  expectedHash: Hash | undefined,
  expected: BlobDigest | undefined,
): AsyncGenerator<Uint8Array, void> {
  let passedBytes = 0;
  for await (const chunk of source.chunks()) {
    md5?.update(chunk);
    expectedHash?.update(chunk);
    passedBytes += chunk.byteLength;
    const isWhole = passedBytes === source.sizeBytes;
    if (isWhole && expectedHash !== undefined && expectedHash.digest("hex") !== expected?.hex)
      throw new DigestMismatch();
    yield chunk;
  }
}

async function requireOk(response: Response, what: string, path: string): Promise<Response> {
  if (response.ok) return response;
  await response.body?.cancel();
  throw new Error(`the disk failed to ${what} ${path}: ${response.status}`);
}
