import { createHash } from "node:crypto";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { blobsIn, faultyEnv, faultyFetch, withMethods } from "../support/faults.ts";
import { createUpload, listParts } from "../support/multipart.ts";

const INLINE = 1000;
const BLOB = 100_000;
const UNSIGNED = { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
/** Of a body that never comes whole. */
const CLAIMED = createHash("sha256").update("claimed").digest("hex");

let bucket: string;
let uploadId: string;
beforeAll(async () => {
  bucket = await uniqueBucket();
  await putObject(bucket, "there", "body");
  uploadId = await createUpload(bucket, "upload");
});

interface Broken {
  readonly what: string;
  readonly method?: string;
  /** Behind the bucket. */
  readonly path?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly declared: number;
  /** What comes of it. */
  readonly begin?: string;
}

const NEW: Broken[] = [
  { what: "PutObject, inline", declared: INLINE },
  { what: "PutObject, a blob", declared: BLOB },
  {
    what: "PutObject, a blob whose hash is signed",
    declared: BLOB,
    headers: { "x-amz-content-sha256": CLAIMED },
  },
  {
    what: "PutObject, a blob with a checksum",
    declared: BLOB,
    headers: { ...UNSIGNED, "x-amz-checksum-crc32": "AAAAAA==" },
  },
  ...[INLINE, BLOB].map((size): Broken => ({
    what: `PutObject, ${size} bytes that are aws-chunked`,
    declared: size + 100,
    begin: `${size.toString(16)}\r\n${"x".repeat(500)}`,
    headers: {
      "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      "x-amz-decoded-content-length": String(size),
    },
  })),
  ...[INLINE, BLOB].map((declared): Broken => ({
    what: `an append that begins an object of ${declared} bytes`,
    declared,
    headers: { ...UNSIGNED, "x-amz-write-offset-bytes": "0" },
  })),
].map((broken: Broken) => ({ path: "/new", ...broken }));

const OTHERS: Broken[] = [
  ...[INLINE, BLOB].map((declared): Broken => ({
    what: `an append of ${declared} bytes`,
    path: "/there",
    declared,
    headers: { ...UNSIGNED, "x-amz-write-offset-bytes": "4" },
  })),
  ...[INLINE, BLOB].map((declared): Broken => ({
    what: `a part of ${declared} bytes`,
    path: "/upload",
    query: { partNumber: "1", uploadId: "" },
    declared,
  })),
  ...[INLINE, BLOB].map((declared): Broken => ({
    what: `an annotation of ${declared} bytes`,
    path: "/there",
    query: { annotation: "", annotationName: "n" },
    declared,
  })),
  { what: "a completion", method: "POST", path: "/upload", query: { uploadId: "" }, declared: 900 },
  { what: "DeleteObjects", method: "POST", query: { delete: "" }, declared: 900 },
  { what: "PutObjectTagging", path: "/there", query: { tagging: "" }, declared: 900 },
  { what: "PutBucketTagging", query: { tagging: "" }, declared: 900 },
  { what: "PutBucketVersioning", query: { versioning: "" }, declared: 900 },
].map((broken: Broken) => ({
  // That of what vouches for a document; its bytes do not come so far.
  headers: { "x-amz-content-sha256": CLAIMED },
  ...broken,
}));

/** Sends the head of a request and the beginning of its body, and hangs up. */
async function breakOff({
  method = "PUT",
  path = "",
  query = {},
  headers = UNSIGNED,
  declared,
  begin,
}: Broken): Promise<Response> {
  const { readable, writable } = new FixedLengthStream(declared);
  const writer = writable.getWriter();
  const feeding = writer
    .write(new TextEncoder().encode(begin ?? "x".repeat(500)))
    .then(() => writer.abort(new Error("the client hung up")))
    .catch(() => undefined);
  const response = await signedFetch(method, `/${bucket}${path}`, {
    query: "uploadId" in query ? { ...query, uploadId } : query,
    headers: { ...headers, "content-length": String(declared) },
    body: readable,
  });
  await feeding;
  return response;
}

describe("a body that breaks off is IncompleteBody, and leaves nothing", () => {
  test.for(NEW)("$what", async (broken) => {
    await expectError(await breakOff(broken), 400, "IncompleteBody");
    await expectError(await signedFetch("GET", `/${bucket}/new`), 404, "NoSuchKey");
    expect(await blobsIn(bucket)).toEqual([]);
  });

  test.for(OTHERS)("$what", async (broken) => {
    await expectError(await breakOff(broken), 400, "IncompleteBody");
    expect(await (await signedFetch("GET", `/${bucket}/there`)).text()).toBe("body");
    const parts = await (await listParts(bucket, "upload", uploadId)).text();
    expect(elements(parts, "PartNumber")).toEqual([]);
    expect(await blobsIn(bucket)).toEqual([]);
  });
});

test.for([
  { when: "at once", readBytes: 0 },
  { when: "midway", readBytes: 4096 },
])("a store that fails $when is no fault of the client", async ({ readBytes }) => {
  async function put(_id: string, body: ReadableStream<Uint8Array>): Promise<never> {
    const reader = body.getReader({ mode: "byob" });
    if (readBytes > 0) await reader.readAtLeast(readBytes, new Uint8Array(readBytes));
    await reader.cancel(new Error("the store hung up"));
    throw new Error("Network connection lost.");
  }
  const failing = faultyEnv({ BLOBS: withMethods<object>(env.BLOBS, { put }) as R2Bucket });
  const response = await faultyFetch(failing, "PUT", `/${bucket}/new`, {
    headers: UNSIGNED,
    body: "x".repeat(BLOB),
  });
  await expectError(response, 500, "InternalError");
});
