import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import scaleMd from "../../docs/scale.md?raw";
import { anonymously } from "../support/anonymous.ts";
import { putPolicy } from "../support/bucket-policy.ts";
import { putAcl } from "../support/acl.ts";
import { encodeKey, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { copy, copyPart, neighbourOf } from "../support/copy.ts";
import {
  annotate,
  append,
  deleteAll,
  filledBucket,
  listPage,
  putLogged,
  putNotified,
  deliverReplica,
  putReplicated,
  putTags,
  readBySession,
  readParts,
} from "../support/counted-requests.ts";
import {
  askBefore,
  readAtEdge,
  readFromElsewhere,
  visitPage,
  visitRedirect,
} from "../support/counted-visits.ts";
import { evaluate, readTable } from "../support/cost-table.ts";
import { putDocument } from "../support/documents.ts";
import {
  abort,
  complete,
  createUpload,
  listParts,
  type Part,
  PART_BYTES,
  putPart,
  uploadPart,
} from "../support/multipart.ts";
import { installMeter } from "../support/request-meter.ts";

/** Keys of each kind: so many that each shard has some of both, and more than one page. */
const KEYS = env.INDEX_SHARDS === "1" ? 3 : 9;
const PAGE = 2;

const EVERYTHING = { Action: "s3:*", on: ["", "*"] };

const PUBLIC = { "x-amz-acl": "public-read" };
const ENABLED = "<Status>Enabled</Status>";
const [INLINE, BLOB] = [new Uint8Array(1024), new Uint8Array(20 * 1024)];

/**
 * Of an object, and of an upload in progress, all of whose parts are in the shard of its key: two numbers where there is one shard, so
 * that no sum is right by chance.
 */
const PARTS = env.INDEX_SHARDS === "1" ? [2, 3] : [2];
/** The part that is sent again. */
const PART = 2;

const meter = await installMeter();
afterAll(() => meter.remove());

/** One behind all others, of buckets and of their documents: SQLite reads one row more than it gives, if there is one. */
beforeAll(async () => {
  await signedFetch("PUT", `/z-${crypto.randomUUID()}`);
  await runInDurableObject(env.DIRECTORY.getByName("directory"), (_, { storage }) => {
    storage.sql.exec("INSERT OR IGNORE INTO bucket_document VALUES ('~', '', '', '', 0, 0, '')");
  });
});

/** What was sent until now made the bucket ready. */
const begin = (): void => meter.reset();

interface Request {
  readonly send: (bucket: string, count: number) => Promise<Response>;
  /** N of the table, each in its turn. */
  readonly counts?: readonly number[];
}

/** Each meets a bucket with `inline-0` … and `blob-0` …, in which every shard has been written to. */
const REQUESTS: Readonly<Record<string, Request>> = {
  "PutObject, inline, new key": { send: (bucket) => putObject(bucket, "new", INLINE) },
  "PutObject, inline, overwrite": { send: (bucket) => putObject(bucket, "inline-0", INLINE) },
  "PutObject, inline, new key, and an event": {
    send: (bucket) => putNotified(bucket, "new", INLINE, begin),
  },
  "PutObject, inline, new key, logged alone": {
    send: (bucket) => putLogged(bucket, INLINE, begin),
  },
  "PutObject, blob, new key, replicated": { send: (bucket) => putReplicated(bucket, BLOB, begin) },
  "Its delivery to another bucket": { send: (bucket) => deliverReplica(bucket, BLOB, begin) },
  "PutObject, blob, new key": { send: (bucket) => putObject(bucket, "new", BLOB) },
  "PutObject, blob, overwrite": { send: (bucket) => putObject(bucket, "blob-0", BLOB) },
  "PutObject, inline, append to inline": {
    send: (bucket) => append(bucket, "inline-0", INLINE, 0),
  },
  "PutObject, blob, append to a blob": { send: (bucket) => append(bucket, "blob-0", BLOB, 0) },
  "PutObject, blob, append once more": {
    async send(bucket) {
      await append(bucket, "blob-0", BLOB, 0);
      meter.reset();
      return append(bucket, "blob-0", BLOB, 1);
    },
  },
  "GetObject, inline": { send: (bucket) => signedFetch("GET", `/${bucket}/inline-0`) },
  "GetObject, inline, under a policy": {
    async send(bucket) {
      await putPolicy(bucket, EVERYTHING);
      meter.reset();
      return anonymously("GET", `/${bucket}/inline-0`);
    },
  },
  "GetObject, inline, by a session": { send: (bucket) => readBySession(bucket, meter) },
  "GetObject, refused": { send: (bucket) => anonymously("GET", `/${bucket}/none`) },
  "GetObject, blob": { send: (bucket) => signedFetch("GET", `/${bucket}/blob-0`) },
  "GetObject, no such key": { send: (bucket) => signedFetch("GET", `/${bucket}/none`) },
  "GetObject, N parts": {
    send: (bucket, count) => readParts(bucket, count, "GET", begin),
    counts: PARTS,
  },
  "GetObject, one of N parts": {
    send: (bucket, count) => readParts(bucket, count, "GET", begin, { partNumber: "1" }),
    counts: PARTS,
  },
  HeadObject: { send: (bucket) => signedFetch("HEAD", `/${bucket}/inline-0`) },
  "HeadObject of one of N parts": {
    send: (bucket, count) => readParts(bucket, count, "HEAD", begin, { partNumber: "1" }),
    counts: PARTS,
  },
  "GetObjectAttributes, N parts listed": {
    send: (bucket, count) => readParts(bucket, count, "GET", begin, { attributes: "" }),
    counts: PARTS,
  },
  "CopyObject, inline": { send: (bucket) => copy(`${bucket}/inline-0`, `${bucket}/new`) },
  "CopyObject, blob, within a shard": {
    send: (bucket) => copy(`${bucket}/blob-0`, `${bucket}/${neighbourOf("blob-0")}`),
  },
  "CopyObject, blob, to another shard": {
    async send(bucket) {
      const other = await filledBucket(KEYS, INLINE, BLOB);
      meter.reset();
      return copy(`${bucket}/blob-0`, `${other}/new`);
    },
  },
  "UploadPartCopy, blob, within a shard": {
    async send(bucket) {
      const key = neighbourOf("blob-0");
      const uploadId = await createUpload(bucket, key);
      meter.reset();
      return copyPart(`${bucket}/blob-0`, `${bucket}/${key}`, { uploadId, partNumber: "1" });
    },
  },
  "RenameObject, within a shard": {
    send: (bucket) =>
      signedFetch("PUT", `/${bucket}/${encodeKey(neighbourOf("blob-0"))}`, {
        query: { renameObject: "" },
        headers: { "x-amz-rename-source": "blob-0" },
      }),
  },
  PutObjectAnnotation: { send: (bucket) => annotate(bucket, "blob-0") },
  GetObjectAnnotation: {
    async send(bucket) {
      await annotate(bucket, "blob-0");
      meter.reset();
      const query = { annotation: "", annotationName: "note" };
      return signedFetch("GET", `/${bucket}/blob-0`, { query });
    },
  },
  PutObjectAcl: { send: (bucket) => putAcl(`${bucket}/blob-0`, PUBLIC) },
  GetObjectTagging: {
    send: (bucket) => signedFetch("GET", `/${bucket}/blob-0`, { query: { tagging: "" } }),
  },
  PutObjectTagging: { send: (bucket) => putTags(`/${bucket}/blob-0`) },
  "DeleteObject, inline": { send: (bucket) => signedFetch("DELETE", `/${bucket}/inline-0`) },
  "DeleteObject, blob": { send: (bucket) => signedFetch("DELETE", `/${bucket}/blob-0`) },
  "DeleteObject, no such key": { send: (bucket) => signedFetch("DELETE", `/${bucket}/none`) },
  "DeleteObjects, N inline": {
    send: (bucket) => deleteAll(bucket, "inline", KEYS),
    counts: [KEYS],
  },
  "DeleteObjects, N blobs": { send: (bucket) => deleteAll(bucket, "blob", KEYS), counts: [KEYS] },
  "ListObjectsV2, N keys of more": {
    send: listPage,
    counts: [PAGE],
  },
  "ListObjectsV2, N keys, the last": {
    send: (bucket) => listPage(bucket, 1000),
    counts: [2 * KEYS],
  },
  CreateMultipartUpload: {
    send: (bucket) =>
      withUpload(bucket, PART, () =>
        signedFetch("POST", `/${bucket}/k`, { query: { uploads: "" } }),
      ),
  },
  UploadPart: {
    send: (bucket) => withUpload(bucket, PART, (upload) => sendPart(upload, PART + 1)),
  },
  "UploadPart, once more": {
    send: (bucket) => withUpload(bucket, PART, (upload) => sendPart(upload, PART)),
  },
  "ListMultipartUploads, N uploads": {
    async send(bucket, count) {
      for (let i = 0; i < count; i += 1) await createUpload(bucket, `blob-${i}`);
      meter.reset();
      return signedFetch("GET", `/${bucket}`, { query: { uploads: "" } });
    },
    counts: [KEYS],
  },
  "ListParts, N parts": {
    send: (bucket, count) =>
      withUpload(bucket, count, ({ uploadId }) => listParts(bucket, "k", uploadId)),
    counts: PARTS,
  },
  "CompleteMultipartUpload, N parts": {
    send: (bucket, count) =>
      withUpload(bucket, count, ({ uploadId, parts }) => complete(bucket, "k", uploadId, parts)),
    counts: PARTS,
  },
  "AbortMultipartUpload, N parts": {
    send: (bucket, count) =>
      withUpload(bucket, count, ({ uploadId }) => abort(bucket, "k", uploadId)),
    counts: PARTS,
  },
  "GetObject, inline, to another origin's page": {
    send: (bucket) => readFromElsewhere(bucket, "inline-0", begin),
  },
  "GetObject of a public lane, cached": {
    send: (bucket) => readAtEdge(bucket, "blob-0", true, begin),
  },
  "GetObject of a public lane, not cached": {
    send: (bucket) => readAtEdge(bucket, "blob-0", false, begin),
  },
  "GetObject of a public lane, no such key, cached": {
    send: (bucket) => readAtEdge(bucket, "none", true, begin),
  },
  "A page of a website, inline": { send: (bucket) => visitPage(bucket, "inline-0", begin) },
  "A website's redirect": { send: (bucket) => visitRedirect(bucket, begin) },
  Preflight: { send: (bucket) => askBefore(bucket, begin) },
  HeadBucket: { send: (bucket) => signedFetch("HEAD", `/${bucket}`) },
  "ListBuckets, N buckets": {
    async send(bucket) {
      await putTags(`/${bucket}`);
      meter.reset();
      return signedFetch("GET", "/", { query: { prefix: bucket } });
    },
    counts: [1],
  },
  PutBucketTagging: { send: (bucket) => putTags(`/${bucket}`) },
  GetBucketTagging: {
    async send(bucket) {
      await putTags(`/${bucket}`);
      meter.reset();
      return signedFetch("GET", `/${bucket}`, { query: { tagging: "" } });
    },
  },
  PutBucketVersioning: {
    send: (bucket) =>
      putDocument(`/${bucket}`, { versioning: "" }, "VersioningConfiguration", ENABLED),
  },
  PutBucketAcl: { send: (bucket) => putAcl(bucket, PUBLIC) },
  CreateBucket: { send: (bucket) => signedFetch("PUT", `/${bucket}-other`) },
  DeleteBucket: {
    async send(bucket) {
      await deleteAll(bucket, "inline", KEYS);
      await deleteAll(bucket, "blob", KEYS);
      meter.reset();
      return signedFetch("DELETE", `/${bucket}`);
    },
  },
};

const documented = readTable(scaleMd);

// The first entry of an account in the audit log costs less than those that follow.
beforeAll(() => uniqueBucket().then((bucket) => putAcl(bucket, PUBLIC)));

test("docs/scale.md names the requests that are counted", () => {
  expect([...documented.keys()]).toEqual(Object.keys(REQUESTS));
});

describe("a request costs what docs/scale.md says, and leaves no cursor open", () => {
  test.for(Object.entries(REQUESTS))(
    "%s",
    { timeout: 20_000 },
    async ([name, { send, counts = [0] }]) => {
      for (const count of counts) {
        const bucket = await filledBucket(KEYS, INLINE, BLOB);
        meter.reset();
        const response = await send(bucket, count);
        await response.arrayBuffer();
        const counted = (documented.get(name) ?? []).map((cell) => evaluate(cell, count));
        const [index, rowsRead, rowsWritten, r2, directory, kv] = counted;
        const cost = { index, rowsRead, rowsWritten, r2, directory, kv };
        expect(meter.cost(), `N = ${count}`).toEqual(cost);
        expect(meter.openCursors()).toBe(0);
      }
    },
  );
});

interface Upload {
  readonly bucket: string;
  readonly uploadId: string;
  readonly parts: readonly Part[];
}

/** Counts what is asked of an upload of `k` with so many parts; one before it has set the shard's alarm. */
async function withUpload(
  bucket: string,
  partCount: number,
  ask: (upload: Upload) => Promise<Response>,
): Promise<Response> {
  await createUpload(bucket, "k");
  const uploadId = await createUpload(bucket, "k");
  const parts: Part[] = [];
  const bodyOf = (n: number) => (n < partCount ? new Uint8Array(PART_BYTES) : BLOB);
  for (let n = 1; n <= partCount; n += 1)
    parts.push(await putPart(bucket, "k", uploadId, n, bodyOf(n)));
  meter.reset();
  return ask({ bucket, uploadId, parts });
}

const sendPart = ({ bucket, uploadId }: Upload, partNumber: number): Promise<Response> =>
  uploadPart(bucket, "k", { uploadId, partNumber: String(partNumber) }, BLOB);
