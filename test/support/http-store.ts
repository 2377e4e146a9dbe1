import type { BucketRecord } from "../../src/storage/ports/bucket-directory.ts";
import { ALL_USERS } from "./acl.ts";
import { elements, type signRequest } from "./client.ts";
import { faultyFetch } from "./faults.ts";
import { completionOf } from "./multipart.ts";
import { BYPASS, EVENT_HOLD, HOLD, MODE } from "./object-lock.ts";
import type {
  ByteRange,
  Found,
  ListedPart,
  ListedUpload,
  ListedVersion,
  Lock,
  ObjectStore,
  Place,
  Told,
} from "./object-store.ts";

type RequestInit = NonNullable<Parameters<typeof signRequest>[2]>;

/** An answer that is not a success. */
export class Refused extends Error {
  readonly status: number;
  /** Empty where there is no document. */
  readonly code: string;

  constructor(status: number, document: string) {
    const code = elements(document, "Code").join("");
    super(`${status} ${code}`);
    this.status = status;
    this.code = code;
  }
}

/** What locks a version, and what takes the lock away. Retention lasts until after the end of every test's clock. */
const LOCK_DOCUMENTS: Readonly<Record<Lock, readonly [string, string, string]>> = {
  event: [
    "retention",
    "<Retention><EventHold>ON</EventHold><EventHoldDuration><Years>100</Years></EventHoldDuration></Retention>",
    "<Retention><EventHold>OFF</EventHold></Retention>",
  ],
  retention: [
    "retention",
    "<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2126-01-01T00:00:00Z</RetainUntilDate></Retention>",
    "<Retention/>",
  ],
  hold: [
    "legal-hold",
    "<LegalHold><Status>ON</Status></LegalHold>",
    "<LegalHold><Status>OFF</Status></LegalHold>",
  ],
};

const pathOf = ({ bucket, key }: Place): string => `/${bucket.name}/${key}`;
const sourceHeaders = (from: Place, versionId?: string): Record<string, string> => ({
  "x-amz-copy-source": `${pathOf(from)}${versionId === undefined ? "" : `?versionId=${versionId}`}`,
});
const ofVersion = (versionId: string | undefined): Record<string, string> =>
  versionId === undefined ? {} : { versionId };
const headerOf = ({ offset, length }: ByteRange): string =>
  `bytes=${offset}-${offset + length - 1}`;

/** The store as a client sees it: signed requests to a Worker that has these bindings. */
export function httpStore(bindings: Cloudflare.Env): ObjectStore {
  const quiet = { ...bindings, LOG_REQUESTS: "false" } as const;

  /** @throws Refused unless the answer is a success */
  async function send(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const response = await faultyFetch(quiet, method, path, init);
    if (response.ok) return response;
    const refused = new Refused(response.status, await response.text());
    // It is signed anew, as SDKs do.
    if (isSkewed(method, refused)) return send(method, path, init);
    throw refused;
  }

  const textOf = async (...request: Parameters<typeof send>): Promise<string> =>
    (await send(...request)).text();

  async function done(...request: Parameters<typeof send>): Promise<void> {
    await textOf(...request);
  }

  async function told(...request: Parameters<typeof send>): Promise<Told> {
    const response = await send(...request);
    await response.arrayBuffer();
    return response.headers.get("x-amz-version-id") ?? undefined;
  }

  return {
    put: (at, body, conditions = {}) => told("PUT", pathOf(at), { body, headers: conditions }),

    append: (at, offset, body) =>
      told("PUT", pathOf(at), { body, headers: { "x-amz-write-offset-bytes": String(offset) } }),

    async find(at, versionId) {
      const query = ofVersion(versionId);
      const response = await send("HEAD", pathOf(at), { query }).catch(noneIfMissing);
      return response && readFound(response.headers);
    },

    async read(at, range, versionId) {
      const headers = { range: headerOf(range) };
      const response = await send("GET", pathOf(at), { headers, query: ofVersion(versionId) });
      return new Uint8Array(await response.arrayBuffer());
    },

    remove: (at) => told("DELETE", pathOf(at)),

    async removeVersion(at, versionId, isBatch) {
      if (!isBatch) return done("DELETE", pathOf(at), { query: { versionId } });
      const body = `<Delete><Object><Key>${at.key}</Key><VersionId>${versionId}</VersionId></Object></Delete>`;
      const path = `/${at.bucket.name}`;
      return throwError(await textOf("POST", path, { query: { delete: "" }, body }));
    },

    copy(from, to, versionId) {
      // Onto itself, S3 wants to be told of a change.
      const isItself = pathOf(from) === pathOf(to);
      const change = isItself ? { "x-amz-metadata-directive": "REPLACE" } : {};
      return told("PUT", pathOf(to), { headers: { ...sourceHeaders(from, versionId), ...change } });
    },

    rename: (from, key) =>
      done("PUT", pathOf({ ...from, key }), {
        query: { renameObject: "" },
        headers: { "x-amz-rename-source": from.key },
      }),

    annotate: (at, body) =>
      done("PUT", pathOf(at), { query: { annotation: "", annotationName: "note" }, body }),

    async listVersions({ name }, prefix = "") {
      const document = await textOf("GET", `/${name}`, { query: { versions: "", prefix } });
      return readVersions(document);
    },

    setPublic: (at, versionId, isPublic) =>
      done("PUT", pathOf(at), { query: { acl: "", versionId }, headers: aclHeaders(isPublic) }),

    async isPublic(at, versionId) {
      const document = await textOf("GET", pathOf(at), { query: { acl: "", versionId } });
      return elements(document, "URI").includes(ALL_USERS);
    },

    setLock(at, versionId, lock, isLocked) {
      const [subresource, locked, unlocked] = LOCK_DOCUMENTS[lock];
      return done("PUT", pathOf(at), {
        query: { [subresource]: "", versionId },
        headers: BYPASS,
        body: isLocked ? locked : unlocked,
      });
    },

    async createUpload(at, headers) {
      const document = await textOf("POST", pathOf(at), { query: { uploads: "" }, headers });
      return elements(document, "UploadId").join("");
    },

    putPart: (at, uploadId, partNumber, body) =>
      done("PUT", pathOf(at), { query: { uploadId, partNumber: String(partNumber) }, body }),

    copyPart: (at, uploadId, partNumber, from, range, versionId) =>
      done("PUT", pathOf(at), {
        query: { uploadId, partNumber: String(partNumber) },
        headers: { ...sourceHeaders(from, versionId), "x-amz-copy-source-range": headerOf(range) },
      }),

    async listParts(at, uploadId) {
      const response = await send("GET", pathOf(at), { query: { uploadId } }).catch(noneIfMissing);
      return response && readParts(await response.text());
    },

    async complete(at, uploadId, parts) {
      const response = await send("POST", pathOf(at), {
        query: { uploadId },
        body: completionOf(parts),
      });
      throwError(await response.text());
      return response.headers.get("x-amz-version-id") ?? undefined;
    },

    abort: (at, uploadId) => done("DELETE", pathOf(at), { query: { uploadId } }),

    listUploads: (bucket) => listUploads(bucket),
  };

  async function listUploads({ name }: BucketRecord): Promise<ListedUpload[]> {
    const document = await textOf("GET", `/${name}`, { query: { uploads: "" } });
    const keys = elements(document, "Key");
    const times = elements(document, "Initiated");
    return elements(document, "UploadId").map((uploadId, i) => ({
      key: keys[i] ?? "",
      uploadId,
      initiatedMs: Date.parse(times[i] ?? ""),
    }));
  }
}

export function aclHeaders(isPublic: boolean): Readonly<Record<string, string>> {
  return { "x-amz-acl": isPublic ? "public-read" : "private" };
}

/** The clock jumped while the request was on its way. To HEAD, no code tells. */
function isSkewed(method: string, { status, code }: Refused): boolean {
  return code === "RequestTimeTooSkewed" || (method === "HEAD" && status === 403);
}

function noneIfMissing(error: unknown): undefined {
  if (error instanceof Refused && error.status === 404) return undefined;
  throw error;
}

/** @throws Refused if the document of a success tells of a failure */
function throwError(document: string): void {
  if (document.includes("<Error>")) throw new Refused(200, document);
}

function readFound(headers: Headers): Found {
  const locks: Lock[] = [];
  if (headers.get(EVENT_HOLD) === "ON") locks.push("event");
  if (headers.has(MODE)) locks.push("retention");
  if (headers.get(HOLD) === "ON") locks.push("hold");
  const sizeBytes = Number(headers.get("content-length"));
  return { sizeBytes, etag: headers.get("etag") ?? "", locks };
}

function readVersions(document: string): ListedVersion[] {
  if (document.includes("<IsTruncated>true")) throw new Error("more versions than a page has");
  const nodes = document.matchAll(/<(Version|DeleteMarker)>(.*?)<\/\1>/g);
  return [...nodes].map(([, kind, content = ""]) => {
    const only = (name: string): string => elements(content, name).join("");
    return {
      key: only("Key"),
      id: only("VersionId"),
      sizeBytes: kind === "Version" ? Number(only("Size")) : undefined,
      isLatest: only("IsLatest") === "true",
      modifiedMs: Date.parse(only("LastModified")),
    };
  });
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
