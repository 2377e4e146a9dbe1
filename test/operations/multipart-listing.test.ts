import { describe, expect, test } from "vitest";
import { elements, expectError, signedFetch, uniqueBucket } from "../support/client.ts";
import { abort, createUpload, listParts, putPart } from "../support/multipart.ts";

const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

async function listUploads(bucket: string, query: Record<string, string> = {}): Promise<string> {
  const response = await signedFetch("GET", `/${bucket}`, { query: { uploads: "", ...query } });
  const document = await response.text();
  expect(response.status, document).toBe(200);
  return document;
}

/** The texts of these elements where they stand alone in another one. */
function inner(document: string, outer: string, name: string): string[] {
  return [...document.matchAll(new RegExp(`<${outer}><${name}>([^<]*)<`, "g"))].map(
    ([, text = ""]) => text,
  );
}

describe("ListParts", () => {
  async function uploadOf(partNumbers: readonly number[]) {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "k", { "x-amz-storage-class": "GLACIER_IR" });
    for (const n of partNumbers) await putPart(bucket, "k", uploadId, n, "x".repeat(n));
    return { bucket, uploadId };
  }

  test("tells the upload, and each part in the order of the numbers", async () => {
    const { bucket, uploadId } = await uploadOf([7, 2, 4]);
    const document = await (await listParts(bucket, "k", uploadId)).text();
    const acl = await (await signedFetch("GET", `/${bucket}`, { query: { acl: "" } })).text();
    const [id] = elements(acl, "ID");
    expect(elements(document, "Key")).toEqual(["k"]);
    expect(elements(document, "UploadId")).toEqual([uploadId]);
    expect(elements(document, "ID")).toEqual([id, id]);
    expect(elements(document, "StorageClass")).toEqual(["GLACIER_IR"]);
    expect(elements(document, "PartNumberMarker")).toEqual(["0"]);
    expect(elements(document, "NextPartNumberMarker")).toEqual([]);
    expect(elements(document, "MaxParts")).toEqual(["1000"]);
    expect(elements(document, "IsTruncated")).toEqual(["false"]);
    expect(inner(document, "Part", "PartNumber")).toEqual(["2", "4", "7"]);
    expect(elements(document, "Size")).toEqual(["2", "4", "7"]);
    expect(elements(document, "LastModified")[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.000Z$/);
    expect(document).not.toContain("Checksum");
  });

  test.for([1, 2, 5])("pages of %i lead to the end", async (maxParts) => {
    const { bucket, uploadId } = await uploadOf([1, 3, 5, 6, 8]);
    const seen: string[] = [];
    let marker = "0";
    for (;;) {
      const query = { "max-parts": String(maxParts), "part-number-marker": marker };
      const document = await (await listParts(bucket, "k", uploadId, query)).text();
      expect(elements(document, "PartNumberMarker")).toEqual([marker]);
      const numbers = inner(document, "Part", "PartNumber");
      expect(numbers.length).toBeLessThanOrEqual(maxParts);
      seen.push(...numbers);
      if (elements(document, "IsTruncated")[0] === "false") break;
      [marker = ""] = elements(document, "NextPartNumberMarker");
    }
    expect(seen).toEqual(["1", "3", "5", "6", "8"]);
  });

  test.for([
    { query: { "max-parts": "", "part-number-marker": "" }, numbers: ["1", "2"] },
    { query: { "max-parts": "0" }, numbers: [] },
    { query: { "max-parts": "2147483647" }, numbers: ["1", "2"] },
    { query: { "part-number-marker": "9" }, numbers: [] },
  ])("$query", async ({ query, numbers }) => {
    const { bucket, uploadId } = await uploadOf([1, 2]);
    const given: Record<string, string> = {};
    for (const [name, value] of Object.entries(query)) given[name] = value;
    const document = await (await listParts(bucket, "k", uploadId, given)).text();
    expect(inner(document, "Part", "PartNumber")).toEqual(numbers);
    expect(elements(document, "NextPartNumberMarker")).toEqual([]);
    expect(elements(document, "IsTruncated")).toEqual(["false"]);
  });

  test.for([
    ["max-parts", "-1"],
    ["max-parts", "many"],
    ["max-parts", "2147483648"],
    ["part-number-marker", "-1"],
    ["part-number-marker", "first"],
  ] as const)("%s=%s is InvalidArgument", async ([name, value]) => {
    const { bucket, uploadId } = await uploadOf([]);
    const response = await listParts(bucket, "k", uploadId, { [name]: value });
    const document = await expectError(response, 400, "InvalidArgument");
    expect(elements(document, "ArgumentName")).toEqual([name]);
  });
});

describe("ListMultipartUploads", () => {
  const KEYS = ["a/1", "a/2", "b", "c/x/1", "c/y", "ü", "😀"];

  async function bucketWith(keys: readonly string[]) {
    const bucket = await uniqueBucket();
    const ids: string[] = [];
    for (const key of keys) ids.push(await createUpload(bucket, key));
    return { bucket, ids };
  }

  test("of none repeats what was asked, and is of no other page", async () => {
    const bucket = await uniqueBucket();
    const document = await listUploads(bucket, {
      prefix: "a b/",
      delimiter: "&",
      "key-marker": "k",
      "max-uploads": "5000",
      "encoding-type": "url",
    });
    expect(document).toBe(
      `<?xml version="1.0" encoding="UTF-8"?>\n<ListMultipartUploadsResult ${NAMESPACE}><Bucket>${bucket}</Bucket><KeyMarker>k</KeyMarker><UploadIdMarker></UploadIdMarker><NextKeyMarker></NextKeyMarker><NextUploadIdMarker></NextUploadIdMarker><Delimiter>%26</Delimiter><Prefix>a%20b/</Prefix><MaxUploads>1000</MaxUploads><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>`,
    );
  });

  test("tells each upload in progress, until it is over", async () => {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "k", {
      "x-amz-checksum-algorithm": "SHA256",
      "x-amz-storage-class": "STANDARD_IA",
    });
    const document = await listUploads(bucket);
    const [owner = "", initiator] = elements(document, "ID");
    expect(owner).toMatch(/^[0-9a-f]{64}$/);
    expect(initiator).toBe(owner);
    expect(elements(document, "Key")).toEqual(["k"]);
    expect(elements(document, "UploadId")).toEqual([uploadId]);
    expect(elements(document, "StorageClass")).toEqual(["STANDARD_IA"]);
    expect(elements(document, "ChecksumAlgorithm")).toEqual(["SHA256"]);
    expect(elements(document, "ChecksumType")).toEqual(["COMPOSITE"]);
    const [initiated = ""] = elements(document, "Initiated");
    expect(Math.abs(Date.parse(initiated) - Date.now())).toBeLessThan(60_000);
    await abort(bucket, "k", uploadId);
    expect(elements(await listUploads(bucket), "UploadId")).toEqual([]);
  });

  test("is in UTF-8 order of the keys", async () => {
    const { bucket } = await bucketWith(KEYS.toReversed());
    const document = await listUploads(bucket);
    expect(elements(document, "Key")).toEqual(KEYS);
    expect(elements(document, "NextKeyMarker")).toEqual(["😀"]);
  });

  test.for([
    { query: { delimiter: "/" }, keys: ["b", "ü", "😀"], prefixes: ["a/", "c/"] },
    { query: { delimiter: "/", prefix: "c/" }, keys: ["c/y"], prefixes: ["c/x/"] },
    { query: { prefix: "a" }, keys: ["a/1", "a/2"], prefixes: [] },
    { query: { prefix: "none" }, keys: [], prefixes: [] },
    { query: { "key-marker": "b" }, keys: ["c/x/1", "c/y", "ü", "😀"], prefixes: [] },
    { query: { "key-marker": "bb" }, keys: ["c/x/1", "c/y", "ü", "😀"], prefixes: [] },
    { query: { "key-marker": "a/", delimiter: "/" }, keys: ["b", "ü", "😀"], prefixes: ["c/"] },
    { query: { "upload-id-marker": "zzz" }, keys: KEYS, prefixes: [] },
    { query: { "max-uploads": "0" }, keys: [], prefixes: [] },
    { query: { "max-uploads": "" }, keys: KEYS, prefixes: [] },
  ])("$query", async ({ query, keys, prefixes }) => {
    const { bucket } = await bucketWith(KEYS);
    const given: Record<string, string> = {};
    for (const [name, value] of Object.entries(query)) given[name] = value;
    const document = await listUploads(bucket, given);
    expect(elements(document, "Key")).toEqual(keys);
    expect(inner(document, "CommonPrefixes", "Prefix")).toEqual(prefixes);
    expect(elements(document, "IsTruncated")).toEqual(["false"]);
    expect(elements(document, "UploadIdMarker")).toEqual([""]);
  });

  test.for([
    { maxUploads: 1, query: {} },
    { maxUploads: 2, query: {} },
    { maxUploads: 3, query: {} },
    { maxUploads: 1, query: { delimiter: "/" } },
    { maxUploads: 2, query: { delimiter: "/" } },
    { maxUploads: 1, query: { delimiter: "/", prefix: "c/", "encoding-type": "url" } },
  ])("pages of $maxUploads, $query, lead to the end", async ({ maxUploads, query }) => {
    const { bucket } = await bucketWith([...KEYS, "b", "b", "c/y"]);
    const given: Record<string, string> = {};
    for (const [name, value] of Object.entries(query)) given[name] = value;
    const whole = await listUploads(bucket, given);
    const seen = { uploads: [] as string[], prefixes: [] as string[] };
    const markers: Record<string, string> = {};
    for (;;) {
      const page = { ...given, ...markers, "max-uploads": String(maxUploads) };
      const document = await listUploads(bucket, page);
      const uploads = elements(document, "UploadId");
      const prefixes = inner(document, "CommonPrefixes", "Prefix");
      expect(uploads.length + prefixes.length).toBeGreaterThan(0);
      expect(uploads.length + prefixes.length).toBeLessThanOrEqual(maxUploads);
      seen.uploads.push(...uploads);
      seen.prefixes.push(...prefixes);
      if (elements(document, "IsTruncated")[0] === "false") break;
      const [nextKey = ""] = elements(document, "NextKeyMarker");
      markers["key-marker"] = decodeURIComponent(nextKey);
      markers["upload-id-marker"] = elements(document, "NextUploadIdMarker")[0] ?? "";
    }
    expect(seen.uploads).toEqual(elements(whole, "UploadId"));
    expect(seen.prefixes).toEqual(inner(whole, "CommonPrefixes", "Prefix"));
  });

  test("goes on behind an upload that is over by then", async () => {
    const { bucket, ids } = await bucketWith(["a", "b", "c"]);
    const [, second = "", third] = ids;
    await abort(bucket, "b", second);
    const after = { "key-marker": "b", "upload-id-marker": second };
    expect(elements(await listUploads(bucket, after), "UploadId")).toEqual([third]);
  });

  test("with encoding-type=url carries keys that XML cannot", async () => {
    const { bucket } = await bucketWith(["a\u0001b", "c d+e&f/g"]);
    const document = await listUploads(bucket, { "encoding-type": "url" });
    expect(elements(document, "Key")).toEqual(["a%01b", "c%20d%2Be%26f/g"]);
    expect(elements(document, "EncodingType")).toEqual(["url"]);
  });

  test.for([
    ["max-uploads", "many"],
    ["max-uploads", "-1"],
    ["max-uploads", "2147483648"],
    ["encoding-type", "base64"],
  ] as const)("%s=%s is InvalidArgument", async ([name, value]) => {
    const bucket = await uniqueBucket();
    const query = { uploads: "", [name]: value };
    const response = await signedFetch("GET", `/${bucket}`, { query });
    const document = await expectError(response, 400, "InvalidArgument");
    expect(elements(document, "ArgumentName")).toEqual([name]);
  });

  test("of a bucket that does not exist is NoSuchBucket", async () => {
    const query = { uploads: "" };
    const response = await signedFetch("GET", `/bucket-${crypto.randomUUID()}`, { query });
    await expectError(response, 404, "NoSuchBucket");
  });
});
