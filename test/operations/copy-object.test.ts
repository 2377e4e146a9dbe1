import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { copied, copy, readObject } from "../support/copy.ts";
import { blobsOf, bucketIdOf } from "../support/faults.ts";

const BLOB = "b".repeat(20_000);
const SIZES = [
  { kind: "inline", body: "inline body" },
  { kind: "blob", body: BLOB },
  { kind: "empty", body: "" },
];

async function head(path: string): Promise<Record<string, string>> {
  const headers = { "x-amz-checksum-mode": "ENABLED" };
  const response = await signedFetch("HEAD", `/${encodeURI(path)}`, { headers });
  expect(response.status).toBe(200);
  return Object.fromEntries(response.headers);
}

describe.for(SIZES)("an object that is kept as $kind", ({ body }) => {
  test("is copied within its bucket and into another one, and outlives its source", async () => {
    const [from, to] = [await uniqueBucket(), await uniqueBucket()];
    await putObject(from, "source", body, { "content-type": "text/plain", "x-amz-meta-a": "1" });
    const etag = `"${createHash("md5").update(body).digest("hex")}"`;
    for (const target of [`${from}/copy 1`, `${from}/copy 2`, `${to}/copy`]) {
      const document = await copied(`${from}/source`, target);
      expect(elements(document, "ETag")).toEqual([etag.replaceAll('"', "&quot;")]);
      expect(document).toMatch(/^<\?xml [^>]*>\n<CopyObjectResult xmlns=/);
    }
    await signedFetch("DELETE", `/${from}/source`);
    for (const target of [`${from}/copy 1`, `${from}/copy 2`, `${to}/copy`]) {
      expect(await readObject(target)).toBe(body);
      expect(await head(target)).toMatchObject({
        etag,
        "content-type": "text/plain",
        "x-amz-meta-a": "1",
      });
    }
  });
});

test("a copy stores no byte again", async () => {
  const [from, to] = [await uniqueBucket(), await uniqueBucket()];
  await putObject(from, "source", BLOB);
  const keys = Array.from({ length: 10 }, (_, i) => `copy${i}`);
  await Promise.all(keys.map((key) => copied(`${from}/source`, `${from}/${key}`)));
  await Promise.all(keys.map((key) => copied(`${from}/source`, `${to}/${key}`)));
  expect(await blobsOf(await bucketIdOf(from))).toHaveLength(1);
  expect(await blobsOf(await bucketIdOf(to))).toEqual([]);
});

test("a copy of a copy outlives both", async () => {
  const buckets = [await uniqueBucket(), await uniqueBucket(), await uniqueBucket()];
  const [a = "", b = "", c = ""] = buckets;
  await putObject(a, "k", BLOB);
  await copied(`${a}/k`, `${b}/k`);
  await copied(`${b}/k`, `${c}/k`);
  await signedFetch("DELETE", `/${a}/k`);
  await signedFetch("DELETE", `/${b}/k`);
  expect(await readObject(`${c}/k`)).toBe(BLOB);
});

test("the answer tells the time that HeadObject tells", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "source", "body");
  const [time = ""] = elements(await copied(`${bucket}/source`, `${bucket}/copy`), "LastModified");
  expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
  expect(new Date(time).toUTCString()).toBe((await head(`${bucket}/copy`))["last-modified"]);
});

describe("the source", () => {
  test.for([
    { key: "a b+c/é.txt", source: "a b+c/é.txt" },
    { key: "a b+c/é.txt", source: "a%20b%2Bc/%C3%A9.txt" },
    { key: "世界 🌍", source: "世界 🌍" },
    { key: "100%", source: "100%25" },
    { key: "a?b", source: "a?b" },
    { key: "/a", source: "/a" },
    { key: "dir/", source: "dir/" },
    { key: "null", source: "null?versionId=null" },
    { key: "a b", source: "a+b" },
  ])("$key is found as $source", async ({ key, source }) => {
    const bucket = await uniqueBucket();
    await putObject(bucket, key, "body");
    for (const [i, slash] of ["", "/"].entries()) {
      await copied(`${slash}${bucket}/${source}`, `${bucket}/copy${i}`);
      expect(await readObject(`${bucket}/copy${i}`)).toBe("body");
    }
  });

  test("with a plus is that with a plus, if there is one", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "a b", "space");
    await putObject(bucket, "a+b", "plus");
    await copied(`${bucket}/a+b`, `${bucket}/copy`);
    expect(await readObject(`${bucket}/copy`)).toBe("plus");
  });

  test("may be missing, or in a bucket that is, and nothing is written", async () => {
    const bucket = await uniqueBucket();
    await expectError(await copy(`${bucket}/none`, `${bucket}/copy`), 404, "NoSuchKey");
    const document = await expectError(
      await copy("no-such-bucket-here/key", `${bucket}/copy`),
      404,
      "NoSuchBucket",
    );
    expect(elements(document, "BucketName")).toEqual(["no-such-bucket-here"]);
    expect((await signedFetch("HEAD", `/${bucket}/copy`)).status).toBe(404);
  });

  test("of a bucket that was deleted and made anew is looked up again", async () => {
    const [bucket, to] = [await uniqueBucket(), await uniqueBucket()];
    await putObject(bucket, "k", "old");
    await signedFetch("DELETE", `/${bucket}/k`);
    await signedFetch("DELETE", `/${bucket}`);
    await expectError(await copy(`${bucket}/k`, `${to}/copy`), 404, "NoSuchBucket");
    await signedFetch("PUT", `/${bucket}`);
    await putObject(bucket, "k", "new");
    await copied(`${bucket}/k`, `${to}/copy`);
    expect(await readObject(`${to}/copy`)).toBe("new");
  });

  test("must be what the conditions say", async () => {
    const bucket = await uniqueBucket();
    const put = await putObject(bucket, "source", "body");
    const etag = put.headers.get("etag") ?? "";
    const conditions = { "x-amz-copy-source-if-none-match": etag };
    const refused = await copy(`${bucket}/source`, `${bucket}/copy`, conditions);
    const document = await expectError(refused, 412, "PreconditionFailed");
    expect(elements(document, "Condition")).toEqual(["x-amz-copy-source-If-None-Match"]);
    await copied(`${bucket}/source`, `${bucket}/copy`, { "x-amz-copy-source-if-match": etag });
  });

  test("must be the bucket of the owner that is expected", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "source", "body");
    const header = "x-amz-source-expected-bucket-owner";
    const refused = await copy(`${bucket}/source`, `${bucket}/copy`, { [header]: "999999999999" });
    await expectError(refused, 403, "AccessDenied");
  });
});

describe("the destination", () => {
  test("is overwritten, unless a condition forbids that", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "source", BLOB);
    const put = await putObject(bucket, "target", "old");
    const forbidden = await copy(`${bucket}/source`, `${bucket}/target`, { "if-none-match": "*" });
    const document = await expectError(forbidden, 412, "PreconditionFailed");
    expect(elements(document, "Condition")).toEqual(["If-None-Match"]);
    const other = await copy(`${bucket}/source`, `${bucket}/target`, { "if-match": '"other"' });
    await expectError(other, 412, "PreconditionFailed");
    const missing = await copy(`${bucket}/source`, `${bucket}/new`, { "if-match": '"other"' });
    await expectError(missing, 404, "NoSuchKey");
    expect(await readObject(`${bucket}/target`)).toBe("old");
    const etag = put.headers.get("etag") ?? "";
    await copied(`${bucket}/source`, `${bucket}/target`, { "if-match": etag });
    expect(await readObject(`${bucket}/target`)).toBe(BLOB);
  });

  test("may be the source itself, when something is to change", async () => {
    const bucket = await uniqueBucket();
    for (const [key, body] of [
      ["inline", "body"],
      ["blob", BLOB],
    ] as const) {
      await putObject(bucket, key, body, { "x-amz-meta-a": "1" });
      const path = `${bucket}/${key}`;
      const change = { "x-amz-metadata-directive": "REPLACE", "x-amz-meta-b": "2" };
      await copied(path, path, change);
      expect(await readObject(path)).toBe(body);
      const headers = await head(path);
      expect(headers["x-amz-meta-b"]).toBe("2");
      expect(headers["x-amz-meta-a"]).toBeUndefined();
    }
  });

  test.for([
    { "x-amz-storage-class": "STANDARD" },
    { "x-amz-server-side-encryption": "AES256" },
    { "x-amz-website-redirect-location": "/other" },
    { "x-amz-checksum-algorithm": "SHA256" },
  ])("may be the source itself with %o", async (headers) => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", "body");
    await copied(`${bucket}/k`, `${bucket}/k`, { ...headers });
    expect(await readObject(`${bucket}/k`)).toBe("body");
  });

  test.for([{}, { "x-amz-meta-a": "1" }, { "x-amz-metadata-directive": "COPY" }])(
    "may not be the source itself with %o",
    async (headers) => {
      const bucket = await uniqueBucket();
      await putObject(bucket, "k", "body");
      const response = await copy(`${bucket}/k`, `${bucket}/k`, { ...headers });
      const document = await expectError(response, 400, "InvalidRequest");
      expect(document).toContain("trying to copy an object to itself");
    },
  );
});

describe("metadata", () => {
  const GIVEN = {
    "cache-control": "max-age=5",
    "content-type": "text/css",
    "content-language": "de",
    "x-amz-meta-a": "1",
    "x-amz-storage-class": "STANDARD_IA",
    "x-amz-website-redirect-location": "/elsewhere",
  };

  test("are copied, but for the storage class and the redirect location", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "source", "body", GIVEN);
    await copied(`${bucket}/source`, `${bucket}/copy`, {
      "content-type": "text/plain",
      "x-amz-meta-b": "2",
    });
    const headers = await head(`${bucket}/copy`);
    expect(headers).toMatchObject({
      "cache-control": "max-age=5",
      "content-type": "text/css",
      "content-language": "de",
      "x-amz-meta-a": "1",
    });
    expect(headers).not.toHaveProperty("x-amz-meta-b");
    expect(headers).not.toHaveProperty("x-amz-storage-class");
    expect(headers).not.toHaveProperty("x-amz-website-redirect-location");
  });

  test("are replaced with REPLACE, whatever is not said being gone", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "source", "body", GIVEN);
    await copied(`${bucket}/source`, `${bucket}/copy`, {
      "x-amz-metadata-directive": "REPLACE",
      "x-amz-meta-b": "2",
      "x-amz-storage-class": "GLACIER_IR",
      "x-amz-website-redirect-location": "/here",
    });
    const headers = await head(`${bucket}/copy`);
    expect(headers).toMatchObject({
      "content-type": "binary/octet-stream",
      "x-amz-meta-b": "2",
      "x-amz-storage-class": "GLACIER_IR",
      "x-amz-website-redirect-location": "/here",
    });
    for (const gone of ["cache-control", "content-language", "x-amz-meta-a"])
      expect(headers).not.toHaveProperty(gone);
  });

  test("a redirect location may be given without REPLACE", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "source", "body", GIVEN);
    const location = { "x-amz-website-redirect-location": "/here" };
    await copied(`${bucket}/source`, `${bucket}/copy`, location);
    expect(await head(`${bucket}/copy`)).toMatchObject({ "x-amz-meta-a": "1", ...location });
    const nowhere = { "x-amz-website-redirect-location": "nowhere" };
    const refused = await copy(`${bucket}/source`, `${bucket}/copy`, nowhere);
    await expectError(refused, 400, "InvalidRedirectLocation");
  });
});

test.for([
  { headers: { "x-amz-metadata-directive": "MERGE" }, code: "InvalidArgument" },
  { headers: { "x-amz-tagging-directive": "MERGE" }, code: "InvalidArgument" },
  { headers: { "x-amz-checksum-algorithm": "CRC16" }, code: "InvalidRequest" },
  { headers: { "x-amz-storage-class": "COLD" }, code: "InvalidStorageClass" },
  { headers: { "x-amz-copy-source": "bucket-without-key" }, code: "InvalidArgument" },
  { headers: { "x-amz-acl": "everybody" }, code: "InvalidArgument" },
])("$headers is $code", async ({ headers, code }) => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "source", "body");
  await expectError(await copy(`${bucket}/source`, `${bucket}/copy`, { ...headers }), 400, code);
});

test.for([
  { "x-amz-copy-source-server-side-encryption-customer-algorithm": "AES256" },
  { "x-amz-server-side-encryption": "aes:kms" },
])("%o is refused", async (headers) => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "source", "body");
  const response = await copy(`${bucket}/source`, `${bucket}/copy`, { ...headers });
  await expectError(response, 400, "InvalidArgument");
});

test("encryption is echoed", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "source", "body");
  const encryption = { "x-amz-server-side-encryption": "AES256" };
  const response = await copy(`${bucket}/source`, `${bucket}/copy`, encryption);
  expect(response.headers.get("x-amz-server-side-encryption")).toBe("AES256");
  expect(response.headers.has("x-amz-copy-source-version-id")).toBe(false);
});
