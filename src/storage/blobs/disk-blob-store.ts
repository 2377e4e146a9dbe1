import { createHash, type Hash } from "node:crypto";
import type {
  BlobDigest,
  BlobPage,
  BlobSource,
  BlobStore,
  BlobWriteResult,
} from "../ports/blob-store.ts";
import { pump } from "./pump.ts";

/** Ids of one page of a listing. */
const PAGE_LENGTH = 1000;
/** How an id's ULID is cut into folders and file: 12 days a folder, 33 seconds a folder in it. */
const FOLDER_LENGTHS = [4, 3];

class DigestMismatch extends Error {}

/**
 * The {@link BlobStore} port over workerd's `disk` service: GET (with Range), PUT (to a temporary name, then renamed)
 * and DELETE of files, GET of a folder as JSON. The service hashes nothing, so this does.
 *
 * `<bucket id>/<shard>/<ulid>` is the file `<bucket id>/<shard>/<4>/<3>/<19>`: a ULID begins with its time, so folders
 * stay of bearable size and a listing in order of id is a walk through them in order.
 */
export function diskBlobStore(disk: Fetcher): BlobStore {
  const send = (path: string, init?: RequestInit): Promise<Response> =>
    disk.fetch(`http://disk/${path}`, init);

  return {
    async write(id, source, expected): Promise<BlobWriteResult> {
      const md5 = createHash("md5");
      const expectedHash = expected === undefined ? undefined : createHash(expected.algorithm);
      const verified = { ...source, chunks: () => hashed(source, md5, expectedHash, expected) };
      try {
        const response = await pump(verified, (body) => send(pathOf(id), { method: "PUT", body }));
        await requireOk(response, "write", id);
        return { ok: true, md5Hex: md5.digest("hex") };
      } catch (error) {
        if (error instanceof DigestMismatch) return { ok: false, reason: "digest" };
        throw error;
      }
    },

    async read(id, range) {
      const headers: Record<string, string> = {};
      if (range !== undefined)
        headers["range"] = `bytes=${range.offset}-${range.offset + range.length - 1}`;
      const response = await requireOk(await send(pathOf(id), { headers }), "read", id);
      if (response.body === null) throw new Error(`blob ${id} has no body`);
      return { body: response.body, sizeBytes: fileSizeOf(response) };
    },

    async delete(ids) {
      for (const id of ids) {
        const response = await send(pathOf(id), { method: "DELETE" });
        if (response.status !== 404) await requireOk(response, "delete", id);
      }
    },

    async list(prefix, after): Promise<BlobPage> {
      const ids: string[] = [];
      for await (const id of walk(prefix, after)) {
        if (id <= after) continue;
        if (ids.length === PAGE_LENGTH) return { ids, next: ids.at(-1) };
        ids.push(id);
      }
      return { ids, next: undefined };
    },
  };

  /** Ids under `prefix`, in order; folders that lie before `after` are not opened. */
  async function* walk(
    prefix: string,
    after: string,
    path: string = prefix,
    depth = 0,
  ): AsyncGenerator<string, void> {
    for (const name of await namesIn(path)) {
      const id = prefix + (path + name).slice(prefix.length).replaceAll("/", "");
      if (depth === FOLDER_LENGTHS.length) yield id;
      else if (id >= after.slice(0, id.length))
        yield* walk(prefix, after, `${path}${name}/`, depth + 1);
    }
  }

  async function namesIn(path: string): Promise<string[]> {
    const response = await send(path);
    if (response.status === 404) return [];
    const entries = await (await requireOk(response, "list", path)).json<{ name: string }[]>();
    return entries.map(({ name }) => name).toSorted();
  }
}

/** The service tells it in `Content-Range: bytes 0-9/10` when it sends less, else in Content-Length. */
function fileSizeOf({ headers }: Response): number {
  const range = headers.get("content-range");
  return Number(
    range === null ? headers.get("content-length") : range.slice(range.lastIndexOf("/") + 1),
  );
}

function pathOf(id: string): string {
  const ulidAt = id.lastIndexOf("/") + 1;
  let path = id.slice(0, ulidAt);
  let rest = id.slice(ulidAt);
  for (const length of FOLDER_LENGTHS) {
    path += `${rest.slice(0, length)}/`;
    rest = rest.slice(length);
  }
  return path + rest;
}

/**
 * The source's chunks, hashed as they pass. The digest is checked before the last chunk goes on, since the service keeps
 * a file once it has seen all of its bytes.
 *
 * @throws DigestMismatch
 */
async function* hashed(
  source: BlobSource,
  md5: Hash,
  expectedHash: Hash | undefined,
  expected: BlobDigest | undefined,
): AsyncGenerator<Uint8Array, void> {
  let passedBytes = 0;
  for await (const chunk of source.chunks()) {
    md5.update(chunk);
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
