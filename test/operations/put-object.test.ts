import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { expectSameBytes, patternOf } from "../support/bytes.ts";
import { checksumOf } from "../support/checksums.ts";
import { expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { blobsIn } from "../support/faults.ts";

/** One body that is kept inline, one that becomes a blob. */
const SIZES = [
  { kind: "inline", sizeBytes: 1000 },
  { kind: "blob", sizeBytes: 300_000 },
];

const CHECKSUMS = [
  ...["crc32", "crc32c", "crc64nvme", "sha1", "sha256", "sha512", "md5"],
  ...["xxhash64", "xxhash3", "xxhash128"],
];

async function expectNothingKept(bucket: string, key: string): Promise<void> {
  expect((await signedFetch("HEAD", `/${bucket}/${key}`)).status).toBe(404);
  expect(await blobsIn(bucket)).toEqual([]);
}

describe.for(SIZES)("a body that is kept as $kind", ({ kind, sizeBytes }) => {
  test("comes back byte by byte, with the MD5 as ETag", async () => {
    const bucket = await uniqueBucket();
    const body = patternOf(sizeBytes);
    const put = await putObject(bucket, "k", body);
    const etag = `"${createHash("md5").update(body).digest("hex")}"`;
    expect(put.headers.get("etag")).toBe(etag);
    expect(await blobsIn(bucket)).toHaveLength(kind === "inline" ? 0 : 1);
    const got = await signedFetch("GET", `/${bucket}/k`);
    expect(got.headers.get("etag")).toBe(etag);
    expect(got.headers.get("content-length")).toBe(String(sizeBytes));
    expectSameBytes(await got.arrayBuffer(), body);
  });

  test.for(CHECKSUMS)("is kept with its %s, given back when asked for", async (algorithm) => {
    const bucket = await uniqueBucket();
    const body = patternOf(sizeBytes);
    const name = `x-amz-checksum-${algorithm}`;
    const value = await checksumOf(algorithm, body);
    const put = await putObject(bucket, "k", body, { [name]: value });
    expect(put.headers.get(name)).toBe(value);
    expect(put.headers.get("x-amz-checksum-type")).toBe("FULL_OBJECT");
    const silent = await signedFetch("HEAD", `/${bucket}/k`);
    expect(silent.headers.get(name)).toBeNull();
    const asked = { "x-amz-checksum-mode": "ENABLED" };
    const head = await signedFetch("HEAD", `/${bucket}/k`, { headers: asked });
    expect(head.headers.get(name)).toBe(value);
    const ranged = await signedFetch("GET", `/${bucket}/k`, {
      headers: { ...asked, range: "bytes=0-9" },
    });
    expect(ranged.headers.get(name)).toBeNull();
    const list = await (await signedFetch("GET", `/${bucket}`)).text();
    expect(list).toContain(`<ChecksumAlgorithm>${algorithm.toUpperCase()}</ChecksumAlgorithm>`);
  });

  test.for(CHECKSUMS)(
    "with a wrong %s is BadDigest, and nothing of it is kept",
    async (algorithm) => {
      const bucket = await uniqueBucket();
      const wrong = await checksumOf(algorithm, new Uint8Array([1]));
      const headers = { [`x-amz-checksum-${algorithm}`]: wrong };
      const put = await signedFetch("PUT", `/${bucket}/k`, { body: patternOf(sizeBytes), headers });
      await expectError(put, 400, "BadDigest");
      await expectNothingKept(bucket, "k");
    },
  );

  test("with a wrong Content-MD5 is BadDigest, and nothing of it is kept", async () => {
    const bucket = await uniqueBucket();
    const headers = { "content-md5": createHash("md5").update("other").digest("base64") };
    const put = await signedFetch("PUT", `/${bucket}/k`, { body: patternOf(sizeBytes), headers });
    await expectError(put, 400, "BadDigest");
    await expectNothingKept(bucket, "k");
  });

  test("with a right Content-MD5 beside a right checksum is kept", async () => {
    const bucket = await uniqueBucket();
    const body = patternOf(sizeBytes);
    const put = await putObject(bucket, "k", body, {
      "content-md5": await checksumOf("md5", body),
      "x-amz-checksum-crc32": await checksumOf("crc32", body),
    });
    const got = await signedFetch("GET", `/${bucket}/k`);
    expect(got.headers.get("etag")).toBe(put.headers.get("etag"));
    expectSameBytes(await got.arrayBuffer(), body);
  });

  test("of another payload hash is XAmzContentSHA256Mismatch, and nothing of it is kept", async () => {
    const bucket = await uniqueBucket();
    const headers = { "x-amz-content-sha256": createHash("sha256").update("other").digest("hex") };
    const put = await signedFetch("PUT", `/${bucket}/k`, { body: patternOf(sizeBytes), headers });
    await expectError(put, 400, "XAmzContentSHA256Mismatch");
    await expectNothingKept(bucket, "k");
  });

  test("that fails its condition is PreconditionFailed, and its bytes are not kept", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", "first");
    const put = await signedFetch("PUT", `/${bucket}/k`, {
      body: patternOf(sizeBytes),
      headers: { "if-none-match": "*" },
    });
    await expectError(put, 412, "PreconditionFailed");
    expect(await blobsIn(bucket)).toEqual([]);
    expect(await (await signedFetch("GET", `/${bucket}/k`)).text()).toBe("first");
  });
});

test("If-Match replaces the object of that ETag, and a missing key is NoSuchKey", async () => {
  const bucket = await uniqueBucket();
  const first = await putObject(bucket, "k", "first");
  const etag = first.headers.get("etag") ?? "";
  await putObject(bucket, "k", "second", { "if-match": etag });
  const stale = await signedFetch("PUT", `/${bucket}/k`, {
    body: "third",
    headers: { "if-match": etag },
  });
  await expectError(stale, 412, "PreconditionFailed");
  const missing = await signedFetch("PUT", `/${bucket}/m`, {
    body: "x",
    headers: { "if-match": etag },
  });
  await expectError(missing, 404, "NoSuchKey");
});

test("system and user metadata come back as they were given", async () => {
  const bucket = await uniqueBucket();
  const metadata = {
    "cache-control": "max-age=60",
    "content-disposition": 'attachment; filename="a b.txt"',
    "content-encoding": "zstd",
    "content-language": "de",
    "content-type": "text/plain; charset=utf-8",
    expires: "Thu, 01 Dec 2033 16:00:00 GMT",
    "x-amz-meta-mtime": "1700000000.123",
    "x-amz-meta-empty": "",
    "x-amz-storage-class": "STANDARD_IA",
  };
  await putObject(bucket, "k", "body", metadata);
  const got = await signedFetch("GET", `/${bucket}/k`);
  for (const [name, value] of Object.entries(metadata))
    expect(got.headers.get(name), name).toBe(value);
  expect(await got.text()).toBe("body");
});

test("aws-chunked is a framing, not an encoding, and is never stored", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "both", "x", { "content-encoding": "aws-chunked,gzip" });
  await putObject(bucket, "alone", "x", { "content-encoding": "aws-chunked" });
  const both = await signedFetch("HEAD", `/${bucket}/both`);
  expect(both.headers.get("content-encoding")).toBe("gzip");
  const alone = await signedFetch("HEAD", `/${bucket}/alone`);
  expect(alone.headers.get("content-encoding")).toBeNull();
});

test.for([
  { headers: { "x-amz-storage-class": "COLD" }, code: "InvalidStorageClass", status: 400 },
  { headers: { "x-amz-meta-a": "v".repeat(2048) }, code: "MetadataTooLarge", status: 400 },
  { headers: { "x-amz-checksum-crc32": "no" }, code: "InvalidRequest", status: 400 },
  { headers: { "content-md5": "no" }, code: "InvalidDigest", status: 400 },
  { headers: { "x-amz-acl": "everyone" }, code: "InvalidArgument", status: 400 },
  { headers: { "x-amz-server-side-encryption": "aes:kms" }, code: "InvalidArgument", status: 400 },
  { headers: { "x-amz-expected-bucket-owner": "111111111111" }, code: "AccessDenied", status: 403 },
])("$headers is $code, and nothing is kept", async ({ headers, code, status }) => {
  const bucket = await uniqueBucket();
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) given[name] = value;
  await expectError(
    await signedFetch("PUT", `/${bucket}/k`, { body: "x", headers: given }),
    status,
    code,
  );
  expect((await signedFetch("HEAD", `/${bucket}/k`)).status).toBe(404);
});

test("an overwrite is what a later read sees, from inline to blob and back", async () => {
  const bucket = await uniqueBucket();
  for (const body of ["one", "b".repeat(20_000), "three", "d".repeat(30_000), ""]) {
    await putObject(bucket, "k", body);
    expect(await (await signedFetch("GET", `/${bucket}/k`)).text()).toBe(body);
  }
});

test("a bucket that does not exist is NoSuchBucket", async () => {
  await expectError(
    await signedFetch("PUT", "/no-such-bucket/k", { body: "x" }),
    404,
    "NoSuchBucket",
  );
});
