import type { BucketRecord } from "../../src/storage/bucket-directory.ts";
import { elements, type signRequest } from "./client.ts";
import { faultyFetch } from "./faults.ts";
import { completionOf } from "./multipart.ts";
import type { ByteRange, ListedPart, ObjectStore, Place } from "./object-store.ts";

type RequestInit = NonNullable<Parameters<typeof signRequest>[2]>;

/** An answer that is not a success. */
class Refused extends Error {
  readonly status: number;

  constructor(status: number, document: string) {
    super(`${status} ${elements(document, "Code").join("")}`);
    this.status = status;
  }
}

const pathOf = ({ bucket, key }: Place): string => `/${bucket.name}/${key}`;
const sourceHeaders = (from: Place): Record<string, string> => ({
  "x-amz-copy-source": pathOf(from),
});
const headerOf = ({ offset, length }: ByteRange): string =>
  `bytes=${offset}-${offset + length - 1}`;

/** The store as a client sees it: signed requests to a Worker that has these bindings. */
export function httpStore(bindings: Cloudflare.Env): ObjectStore {
  const quiet = { ...bindings, LOG_REQUESTS: "false" } as const;

  /** @throws Refused unless the answer is a success */
  async function send(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const response = await faultyFetch(quiet, method, path, init);
    if (response.ok) return response;
    throw new Refused(response.status, await response.text());
  }

  const textOf = async (...request: Parameters<typeof send>): Promise<string> =>
    (await send(...request)).text();

  async function done(...request: Parameters<typeof send>): Promise<void> {
    await textOf(...request);
  }

  return {
    put: (at, body) => done("PUT", pathOf(at), { body }),

    async sizeOf(at) {
      const { headers } = (await send("HEAD", pathOf(at)).catch(noneIfMissing)) ?? {};
      return headers && Number(headers.get("content-length"));
    },

    async read(at, range) {
      const response = await send("GET", pathOf(at), { headers: { range: headerOf(range) } });
      return new Uint8Array(await response.arrayBuffer());
    },

    remove: (at) => done("DELETE", pathOf(at)),

    copy(from, to) {
      // Onto itself, S3 wants to be told of a change.
      const isItself = pathOf(from) === pathOf(to);
      const change = isItself ? { "x-amz-metadata-directive": "REPLACE" } : {};
      return done("PUT", pathOf(to), { headers: { ...sourceHeaders(from), ...change } });
    },

    rename: (from, key) =>
      done("PUT", pathOf({ ...from, key }), {
        query: { renameObject: "" },
        headers: { "x-amz-rename-source": from.key },
      }),

    listKeys: async ({ name }) =>
      elements(await textOf("GET", `/${name}`, { query: { "list-type": "2" } }), "Key"),

    createUpload: async (at) =>
      elements(await textOf("POST", pathOf(at), { query: { uploads: "" } }), "UploadId").join(""),

    putPart: (at, uploadId, partNumber, body) =>
      done("PUT", pathOf(at), { query: { uploadId, partNumber: String(partNumber) }, body }),

    copyPart: (at, uploadId, partNumber, from, range) =>
      done("PUT", pathOf(at), {
        query: { uploadId, partNumber: String(partNumber) },
        headers: { ...sourceHeaders(from), "x-amz-copy-source-range": headerOf(range) },
      }),

    async listParts(at, uploadId) {
      const response = await send("GET", pathOf(at), { query: { uploadId } }).catch(noneIfMissing);
      return response && readParts(await response.text());
    },

    async complete(at, uploadId, parts) {
      const document = await textOf("POST", pathOf(at), {
        query: { uploadId },
        body: completionOf(parts),
      });
      if (document.includes("<Error>")) throw new Refused(200, document);
    },

    abort: (at, uploadId) => done("DELETE", pathOf(at), { query: { uploadId } }),

    listUploads: (bucket) => listUploads(bucket),
  };

  async function listUploads({ name }: BucketRecord): Promise<{ key: string; uploadId: string }[]> {
    const document = await textOf("GET", `/${name}`, { query: { uploads: "" } });
    const keys = elements(document, "Key");
    return elements(document, "UploadId").map((uploadId, i) => ({ key: keys[i] ?? "", uploadId }));
  }
}

function noneIfMissing(error: unknown): undefined {
  if (error instanceof Refused && error.status === 404) return undefined;
  throw error;
}

function readParts(document: string): ListedPart[] {
  const etags = elements(document, "ETag");
  const sizes = elements(document, "Size");
  return elements(document, "PartNumber").map((partNumber, i) => ({
    partNumber: Number(partNumber),
    etag: (etags[i] ?? "").replaceAll("&quot;", '"'),
    sizeBytes: Number(sizes[i]),
  }));
}
