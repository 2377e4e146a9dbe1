import { exports } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import {
  elements,
  expectError,
  putObject,
  signedFetch,
  signRequest,
  uniqueBucket,
} from "../support/client.ts";
import { blobsOf, bucketIdOf } from "../support/faults.ts";
import {
  abort,
  bytesOf,
  complete,
  completed,
  createUpload,
  listParts,
  multipartEtagOf,
  PART_BYTES,
  putPart,
  uploadPart,
} from "../support/multipart.ts";

const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const KEY = "a b/ü+%.bin";

async function bodyOf(bucket: string, key: string): Promise<Buffer> {
  const response = await signedFetch("GET", `/${bucket}/${key}`);
  return Buffer.from(await response.arrayBuffer());
}

describe("an upload", () => {
  test("becomes the object of its parts, whatever their order, sizes and earlier versions", async () => {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, KEY, {
      "content-type": "text/x-notes",
      "x-amz-meta-author": "me",
      "x-amz-storage-class": "STANDARD_IA",
    });
    const bodies = [bytesOf(PART_BYTES, 1), bytesOf(PART_BYTES + 7, 2), bytesOf(10, 3)] as const;
    const third = await putPart(bucket, KEY, uploadId, 9, bodies[2]);
    await putPart(bucket, KEY, uploadId, 2, "not this one");
    const second = await putPart(bucket, KEY, uploadId, 4, bodies[1]);
    const first = await putPart(bucket, KEY, uploadId, 2, bodies[0]);
    expect((await signedFetch("HEAD", `/${bucket}/a%20b/%C3%BC%2B%25.bin`)).status).toBe(404);

    const document = await completed(bucket, KEY, uploadId, [first, second, third]);
    const etag = multipartEtagOf(bodies);
    const location = `http://127.0.0.1:8787/${bucket}/a%20b/%C3%BC%2B%25.bin`;
    expect(document).toBe(
      `<?xml version="1.0" encoding="UTF-8"?>\n<CompleteMultipartUploadResult ${NAMESPACE}><Location>${location}</Location><Bucket>${bucket}</Bucket><Key>${KEY}</Key><ETag>${etag.replaceAll('"', "&quot;")}</ETag></CompleteMultipartUploadResult>`,
    );
    const head = await signedFetch("HEAD", `/${bucket}/a%20b/%C3%BC%2B%25.bin`);
    expect(head.headers.get("content-length")).toBe(String(2 * PART_BYTES + 17));
    expect(head.headers.get("etag")).toBe(etag);
    expect(head.headers.get("content-type")).toBe("text/x-notes");
    expect(head.headers.get("x-amz-meta-author")).toBe("me");
    expect(head.headers.get("x-amz-storage-class")).toBe("STANDARD_IA");
    await expectError(await listParts(bucket, KEY, uploadId), 404, "NoSuchUpload");
  });

  test("of some of its parts only leaves the others out", async () => {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "k");
    const bodies = [bytesOf(PART_BYTES, 1), "last"] as const;
    const first = await putPart(bucket, "k", uploadId, 1, bodies[0]);
    await putPart(bucket, "k", uploadId, 2, bytesOf(PART_BYTES, 2));
    const last = await putPart(bucket, "k", uploadId, 3, bodies[1]);
    await completed(bucket, "k", uploadId, [first, last]);
    const head = await signedFetch("HEAD", `/${bucket}/k`);
    expect(head.headers.get("content-length")).toBe(String(PART_BYTES + 4));
    expect(head.headers.get("etag")).toBe(multipartEtagOf(bodies));
    expect(
      (await bodyOf(bucket, "k")).equals(Buffer.concat([bodies[0], Buffer.from("last")])),
    ).toBe(true);
  });

  test.for(["", "one small part"])("of one part of any size: %j", async (body) => {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "k");
    const part = await putPart(bucket, "k", uploadId, 10_000, body);
    await completed(bucket, "k", uploadId, [part]);
    const head = await signedFetch("HEAD", `/${bucket}/k`);
    expect(head.headers.get("content-length")).toBe(String(body.length));
    expect(head.headers.get("etag")).toBe(multipartEtagOf([body]));
    expect((await bodyOf(bucket, "k")).toString()).toBe(body);
  });

  test("replaces the object of its key when it is completed, and not before", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", "old");
    const uploadId = await createUpload(bucket, "k");
    const part = await putPart(bucket, "k", uploadId, 1, "new");
    expect((await bodyOf(bucket, "k")).toString()).toBe("old");
    await completed(bucket, "k", uploadId, [part]);
    expect((await bodyOf(bucket, "k")).toString()).toBe("new");
  });

  test("has a sibling of the same key that is not touched", async () => {
    const bucket = await uniqueBucket();
    const [one, other] = [await createUpload(bucket, "k"), await createUpload(bucket, "k")];
    const part = await putPart(bucket, "k", one, 1, "one");
    await putPart(bucket, "k", other, 1, "other");
    await completed(bucket, "k", one, [part]);
    const document = await (await listParts(bucket, "k", other)).text();
    expect(elements(document, "Size")).toEqual(["5"]);
  });

  test("is told its encryption, and refused what does not exist", async () => {
    const bucket = await uniqueBucket();
    const create = (headers: Record<string, string>) =>
      signedFetch("POST", `/${bucket}/k`, { query: { uploads: "" }, headers });
    const encrypted = await create({ "x-amz-server-side-encryption": "AES256" });
    expect(encrypted.headers.get("x-amz-server-side-encryption")).toBe("AES256");
    const refusals = [
      ["x-amz-tagging", "a=1&a=2", 400, "InvalidArgument"],
      ["x-amz-server-side-encryption", "aes:kms", 400, "InvalidArgument"],
      ["x-amz-storage-class", "COLD", 400, "InvalidStorageClass"],
      ["x-amz-acl", "everyone", 400, "InvalidArgument"],
      ["x-amz-meta-a", "v".repeat(2048), 400, "MetadataTooLarge"],
      ["x-amz-checksum-algorithm", "CRC16", 400, "InvalidRequest"],
    ] as const;
    for (const [name, value, status, code] of refusals)
      await expectError(await create({ [name]: value }), status, code);
  });
});

describe("a part", () => {
  test.for(["0", "10001", "-1", "one", "1.5", ""])("of number %j is InvalidArgument", async (n) => {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "k");
    const response = await uploadPart(bucket, "k", { uploadId, partNumber: n }, "x");
    const document = await expectError(response, 400, "InvalidArgument");
    expect(elements(document, "ArgumentName")).toEqual(["partNumber"]);
    expect(elements(document, "Message")).toEqual([
      "Part number must be an integer between 1 and 10000, inclusive",
    ]);
  });

  test("without a number is InvalidArgument, and no object", async () => {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "k");
    const response = await signedFetch("PUT", `/${bucket}/k`, { query: { uploadId }, body: "x" });
    await expectError(response, 400, "InvalidArgument");
    expect((await signedFetch("HEAD", `/${bucket}/k`)).status).toBe(404);
  });

  test("of more than 5 GiB is EntityTooLarge", async () => {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "k");
    const query = { uploadId, partNumber: "1" };
    const request = await signRequest("PUT", `/${bucket}/k`, { query, body: "x" });
    request.headers.set("content-length", String(5 * 1024 ** 3 + 1));
    await expectError(await exports.default.fetch(request), 400, "EntityTooLarge");
  });

  test("that asks for a customer's key without one is refused", async () => {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "k");
    const headers = { "x-amz-server-side-encryption-customer-algorithm": "AES256" };
    const query = { uploadId, partNumber: "1" };
    await expectError(await uploadPart(bucket, "k", query, "x", headers), 400, "InvalidArgument");
  });
});

describe("an abort", () => {
  test("ends the upload: no part can follow", async () => {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "k");
    const part = await putPart(bucket, "k", uploadId, 1, "x");
    expect((await abort(bucket, "k", uploadId)).status).toBe(204);
    const before = await blobsOf(await bucketIdOf(bucket));
    const late = await uploadPart(bucket, "k", { uploadId, partNumber: "2" }, "late");
    await expectError(late, 404, "NoSuchUpload");
    expect(await blobsOf(await bucketIdOf(bucket))).toEqual(before);
    await expectError(await complete(bucket, "k", uploadId, [part]), 404, "NoSuchUpload");
    await expectError(await abort(bucket, "k", uploadId), 404, "NoSuchUpload");
  });

  test("if initiated at a time aborts an upload of that second only, and minds none that is gone", async () => {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "k");
    const uploads = await signedFetch("GET", `/${bucket}`, { query: { uploads: "" } });
    const [initiated = ""] = elements(await uploads.text(), "Initiated");
    const initiatedAt = (timeMs: number) =>
      abort(bucket, "k", uploadId, {
        "x-amz-if-match-initiated-time": new Date(timeMs).toUTCString(),
      });
    const timeMs = Date.parse(initiated);
    await expectError(await initiatedAt(timeMs - 1000), 412, "PreconditionFailed");
    expect((await initiatedAt(timeMs)).status).toBe(204);
    expect((await initiatedAt(timeMs)).status).toBe(204);
    const undated = { "x-amz-if-match-initiated-time": "yesterday" };
    await expectError(await abort(bucket, "k", uploadId, undated), 400, "InvalidArgument");
  });
});

describe("NoSuchUpload is the answer to every operation", () => {
  const operations = [
    ["UploadPart", (b, k, id) => uploadPart(b, k, { uploadId: id, partNumber: "1" }, "x")],
    ["ListParts", (b, k, id) => listParts(b, k, id)],
    ["ListParts of none", (b, k, id) => listParts(b, k, id, { "max-parts": "0" })],
    ["CompleteMultipartUpload", (b, k, id) => complete(b, k, id, [{ partNumber: 1, etag: '"e"' }])],
    ["AbortMultipartUpload", (b, k, id) => abort(b, k, id)],
  ] as const satisfies readonly (readonly [
    string,
    (bucket: string, key: string, uploadId: string) => Promise<Response>,
  ])[];

  test.for(operations)("%s, of an unknown upload or one of another key", async ([, ask]) => {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "k");
    for (const [key, id] of [
      ["k", "no/such+upload?"],
      ["k", ""],
      ["j", uploadId],
    ] as const) {
      const document = await expectError(await ask(bucket, key, id), 404, "NoSuchUpload");
      expect(elements(document, "UploadId")).toEqual([id]);
    }
    expect(await blobsOf(await bucketIdOf(bucket))).toEqual([]);
    expect((await listParts(bucket, "k", uploadId)).status).toBe(200);
  });

  test.for(operations)("%s, in a bucket that does not exist, is NoSuchBucket", async ([, ask]) => {
    await expectError(await ask(`bucket-${crypto.randomUUID()}`, "k", "id"), 404, "NoSuchBucket");
  });
});
