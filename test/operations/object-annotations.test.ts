import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  elements,
  encodeKey,
  expectError,
  putObject,
  signedFetch,
  uniqueBucket,
} from "../support/client.ts";

type Headers = Readonly<Record<string, string>>;

function annotate(
  bucket: string,
  key: string,
  name: string,
  payload: string | Uint8Array<ArrayBuffer>,
  { versionId, headers = {} }: { versionId?: string; headers?: Headers } = {},
): Promise<Response> {
  return signedFetch("PUT", `/${bucket}/${encodeKey(key)}`, {
    query: { annotation: "", annotationName: name, ...(versionId !== undefined && { versionId }) },
    headers,
    body: payload,
  });
}

async function annotated(bucket: string, key: string, ...names: string[]): Promise<void> {
  for (const name of names) {
    const response = await annotate(bucket, key, name, `of ${name}`);
    expect(response.status, await response.text()).toBe(200);
  }
}

function read(
  bucket: string,
  key: string,
  name: string,
  { versionId, headers = {} }: { versionId?: string; headers?: Headers } = {},
): Promise<Response> {
  return signedFetch("GET", `/${bucket}/${encodeKey(key)}`, {
    query: { annotation: "", annotationName: name, ...(versionId !== undefined && { versionId }) },
    headers,
  });
}

function remove(
  bucket: string,
  key: string,
  name: string,
  headers: Headers = {},
): Promise<Response> {
  const query = { annotation: "", annotationName: name };
  return signedFetch("DELETE", `/${bucket}/${encodeKey(key)}`, { query, headers });
}

async function list(bucket: string, key: string, query: Headers = {}): Promise<string> {
  const response = await signedFetch("GET", `/${bucket}/${encodeKey(key)}`, {
    query: { annotation: "", ...query },
  });
  const document = await response.text();
  expect(response.status, document).toBe(200);
  return document;
}

async function names(bucket: string, key: string, query: Headers = {}): Promise<string[]> {
  return elements(await list(bucket, key, query), "AnnotationName");
}

async function enableVersioning(bucket: string): Promise<void> {
  const body = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
  const response = await signedFetch("PUT", `/${bucket}`, { query: { versioning: "" }, body });
  expect(response.status).toBe(200);
}

describe("an annotation", () => {
  test("comes back as it was put, and the object stays as it was", async () => {
    const bucket = await uniqueBucket();
    const before = await putObject(bucket, "k/ü", "body");
    const payload = '{"label":"räport"}';
    const put = await annotate(bucket, "k/ü", "labels & <more>", payload);
    const etag = `"${createHash("md5").update(payload).digest("hex")}"`;
    expect(put.status).toBe(200);
    expect(put.headers.get("etag")).toBe(etag);
    expect(await put.text()).toContain(
      "<Key>k/ü</Key><AnnotationName>labels &amp; &lt;more&gt;</AnnotationName></PutObjectAnnotationOutput>",
    );

    const got = await read(bucket, "k/ü", "labels & <more>");
    expect(await got.text()).toBe(payload);
    expect(got.headers.get("etag")).toBe(etag);
    expect(got.headers.get("content-length")).toBe(String(Buffer.byteLength(payload)));
    expect(Date.parse(got.headers.get("last-modified") ?? "")).toBeGreaterThan(0);
    expect(got.headers.get("x-amz-object-version-id")).toBeNull();

    const object = await signedFetch("GET", `/${bucket}/${encodeKey("k/ü")}`);
    expect(object.headers.get("etag")).toBe(before.headers.get("etag"));
    expect(await object.text()).toBe("body");
  });

  test("is replaced by another one of its name", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k");
    await annotate(bucket, "k", "note", "first");
    await annotate(bucket, "k", "note", "second");
    expect(await (await read(bucket, "k", "note")).text()).toBe("second");
    expect(await names(bucket, "k")).toEqual(["note"]);
  });

  test("may be as large as 1 MiB, and no larger", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k");
    const payload = "x".repeat(1024 * 1024);
    expect((await annotate(bucket, "k", "note", payload)).status).toBe(200);
    expect(await (await read(bucket, "k", "note")).text()).toBe(payload);
    await expectError(await annotate(bucket, "k", "note", `${payload}x`), 400, "EntityTooLarge");
    await expectError(await annotate(bucket, "k", "note", ""), 400, "InvalidRequest");
  });

  test("must be UTF-8", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k");
    const response = await annotate(bucket, "k", "note", new Uint8Array([0xc3, 0x28]));
    await expectError(response, 415, "UnsupportedMediaType");
    await expectError(await read(bucket, "k", "note"), 404, "NoSuchAnnotation");
  });

  test("has the checksum that it was put with, once that is verified", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k");
    const checksum = createHash("sha256").update("text").digest("base64");
    const headers = { "x-amz-checksum-sha256": checksum };
    const put = await annotate(bucket, "k", "note", "text", { headers });
    expect(put.headers.get("x-amz-checksum-sha256")).toBe(checksum);
    expect(put.headers.get("x-amz-checksum-type")).toBe("FULL_OBJECT");

    const plain = await read(bucket, "k", "note");
    expect(plain.headers.get("x-amz-checksum-sha256")).toBeNull();
    const checked = await read(bucket, "k", "note", {
      headers: { "x-amz-checksum-mode": "ENABLED" },
    });
    expect(checked.headers.get("x-amz-checksum-sha256")).toBe(checksum);
    await expectError(await annotate(bucket, "k", "note", "other", { headers }), 400, "BadDigest");
    expect(await (await read(bucket, "k", "note")).text()).toBe("text");
  });

  test("is removed, and once more", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k");
    await annotated(bucket, "k", "a", "b");
    expect((await remove(bucket, "k", "a")).status).toBe(204);
    expect((await remove(bucket, "k", "a")).status).toBe(204);
    expect(await names(bucket, "k")).toEqual(["b"]);
    await expectError(await read(bucket, "k", "a"), 404, "NoSuchAnnotation");
  });

  test("is changed under the condition that the object is a certain one", async () => {
    const bucket = await uniqueBucket();
    const etag = (await putObject(bucket, "k", "body")).headers.get("etag") ?? "";
    const matching = { "x-amz-object-if-match": etag };
    const other = { "x-amz-object-if-match": '"0123"' };
    expect((await annotate(bucket, "k", "note", "text", { headers: matching })).status).toBe(200);
    const refused = await annotate(bucket, "k", "note", "other", { headers: other });
    await expectError(refused, 412, "PreconditionFailed");
    await expectError(await remove(bucket, "k", "note", other), 412, "PreconditionFailed");
    expect(await (await read(bucket, "k", "note")).text()).toBe("text");
    expect((await remove(bucket, "k", "note", matching)).status).toBe(204);
  });

  test.for([
    ["", "InvalidAnnotationName"],
    ["aws-labels", "InvalidAnnotationName"],
    ["S3labels", "InvalidAnnotationName"],
    ["ü".repeat(257), "AnnotationNameTooLong"],
  ] as const)("named '%s' is refused as %s", async ([name, code]) => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k");
    await expectError(await annotate(bucket, "k", name, "text"), 400, code);
  });

  test("may have a name of 512 bytes", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k");
    await annotated(bucket, "k", "ü".repeat(256));
    expect(await names(bucket, "k")).toEqual(["ü".repeat(256)]);
  });

  test("needs an object", async () => {
    const bucket = await uniqueBucket();
    await expectError(await annotate(bucket, "none", "note", "text"), 404, "NoSuchKey");
    await expectError(await read(bucket, "none", "note"), 404, "NoSuchKey");
    await expectError(await remove(bucket, "none", "note"), 404, "NoSuchKey");
    const query = { annotation: "" };
    await expectError(await signedFetch("GET", `/${bucket}/none`, { query }), 404, "NoSuchKey");
  });
});

describe("the annotations of an object", () => {
  test("are listed in the order of their names' bytes, by prefix, page by page", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k");
    await annotated(bucket, "k", "b/2", "a", "\u{1F600}", "\uFF5E", "b/1", "c");
    expect(await names(bucket, "k")).toEqual(["a", "b/1", "b/2", "c", "\uFF5E", "\u{1F600}"]);
    expect(await names(bucket, "k", { "annotation-prefix": "b/" })).toEqual(["b/1", "b/2"]);

    const seen: string[] = [];
    let token: string | undefined;
    do {
      const document = await list(bucket, "k", {
        "max-annotation-results": "2",
        ...(token !== undefined && { "continuation-token": token }),
      });
      const page = elements(document, "AnnotationName");
      expect(elements(document, "AnnotationCount")).toEqual([String(page.length)]);
      expect(elements(document, "ContinuationToken")).toEqual(token === undefined ? [] : [token]);
      seen.push(...page);
      [token] = elements(document, "NextContinuationToken");
    } while (token !== undefined);
    expect(seen).toEqual(["a", "b/1", "b/2", "c", "\uFF5E", "\u{1F600}"]);
  });

  test("are told with size, ETag, time, and checksum", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k");
    const checksum = createHash("sha1").update("text").digest("base64");
    await annotate(bucket, "k", "note", "text", { headers: { "x-amz-checksum-sha1": checksum } });
    const document = await list(bucket, "k");
    expect(document).toContain("<ListObjectAnnotationsOutput ");
    expect(elements(document, "Size")).toEqual(["4"]);
    expect(elements(document, "ETag")).toEqual(["&quot;1cb251ec0d568de6a929b520c4aed8d1&quot;"]);
    expect(elements(document, "ChecksumAlgorithm")).toEqual(["SHA1"]);
    expect(elements(document, "LastModified")[0]).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect(elements(document, "Bucket")).toEqual([bucket]);
    expect(elements(document, "Key")).toEqual(["k"]);
    expect(elements(document, "MaxAnnotationResults")).toEqual(["1000"]);
  });

  test.for([
    [{ "max-annotation-results": "0" }, "InvalidArgument"],
    [{ "max-annotation-results": "1001" }, "InvalidArgument"],
    [{ "continuation-token": "?" }, "InvalidArgument"],
    [{ "annotation-prefix": "x".repeat(513) }, "InvalidPrefix"],
  ] as const)("are not listed by %o", async ([query, code]) => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k");
    const response = await signedFetch("GET", `/${bucket}/k`, {
      query: { annotation: "", ...query },
    });
    await expectError(response, 400, code);
  });

  test("go with an object that is overwritten or deleted", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", "first");
    await annotated(bucket, "k", "note");
    await putObject(bucket, "k", "second");
    expect(await names(bucket, "k")).toEqual([]);
    await annotated(bucket, "k", "note");
    await signedFetch("DELETE", `/${bucket}/k`);
    await putObject(bucket, "k", "third");
    expect(await names(bucket, "k")).toEqual([]);
  });
});

describe("in a bucket with versions, annotations", () => {
  test("belong to the version that they were put on", async () => {
    const bucket = await uniqueBucket();
    await enableVersioning(bucket);
    const first = (await putObject(bucket, "k", "1")).headers.get("x-amz-version-id") ?? "";
    const put = await annotate(bucket, "k", "note", "on the first");
    expect(put.headers.get("x-amz-object-version-id")).toBe(first);
    const second = (await putObject(bucket, "k", "2")).headers.get("x-amz-version-id") ?? "";
    await expectError(await read(bucket, "k", "note"), 404, "NoSuchAnnotation");

    await annotate(bucket, "k", "late", "also on the first", { versionId: first });
    expect(await names(bucket, "k", { versionId: first })).toEqual(["late", "note"]);
    expect(await names(bucket, "k")).toEqual([]);
    const got = await read(bucket, "k", "note", { versionId: first });
    expect(got.headers.get("x-amz-object-version-id")).toBe(first);
    expect(await got.text()).toBe("on the first");

    // What is the newest again has them again.
    await signedFetch("DELETE", `/${bucket}/k`, { query: { versionId: second } });
    expect(await names(bucket, "k")).toEqual(["late", "note"]);
  });

  test("are not put on a delete marker, nor on a version that is not there", async () => {
    const bucket = await uniqueBucket();
    await enableVersioning(bucket);
    const first = (await putObject(bucket, "k", "1")).headers.get("x-amz-version-id") ?? "";
    const deleted = await signedFetch("DELETE", `/${bucket}/k`);
    const versionId = deleted.headers.get("x-amz-version-id") ?? "";
    await expectError(await annotate(bucket, "k", "note", "text"), 405, "MethodNotAllowed");
    const onMarker = await annotate(bucket, "k", "note", "text", { versionId });
    await expectError(onMarker, 405, "MethodNotAllowed");
    expect((await annotate(bucket, "k", "note", "text", { versionId: first })).status).toBe(200);
    await signedFetch("DELETE", `/${bucket}/k`, { query: { versionId: first } });
    const gone = await annotate(bucket, "k", "note", "text", { versionId: first });
    await expectError(gone, 404, "NoSuchVersion");
  });
});
