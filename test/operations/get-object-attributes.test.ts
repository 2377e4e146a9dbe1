import { describe, expect, test } from "vitest";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { copyAcrossBuckets, partBytes, putInParts } from "../support/multipart-object.ts";
import { PART_BYTES } from "../support/multipart.ts";

const ALL = "StorageClass,ETag, ObjectSize,ObjectParts,Checksum";
const COMPOSITE = { algorithm: "SHA256", type: "COMPOSITE" } as const;
const PARTS = [PART_BYTES, PART_BYTES + 1, 3].map(partBytes);

function ask(path: string, headers: Readonly<Record<string, string>>): Promise<Response> {
  return signedFetch("GET", path, { query: { attributes: "" }, headers });
}

async function attributesOf(
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const got = await ask(path, { "x-amz-object-attributes": ALL, ...headers });
  expect(got.status).toBe(200);
  return got.text();
}

/** The names of the elements in order, an element's name before those inside it. */
function names(document: string): string[] {
  return [...document.matchAll(/<(\w+)[ >]/g)].map(([, name = ""]) => name);
}

test("an object is told in AWS's order, whatever the order asked for", async () => {
  const bucket = await uniqueBucket();
  const checksum = { "x-amz-checksum-sha256": "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=" };
  const put = await putObject(bucket, "k", "hello", checksum);
  const got = await ask(`/${bucket}/k`, { "x-amz-object-attributes": ALL });
  const head = await signedFetch("HEAD", `/${bucket}/k`);
  expect(got.headers.get("last-modified")).toBe(head.headers.get("last-modified"));
  expect(got.headers.get("content-type")).toBe("application/xml");
  const document = await got.text();
  expect(names(document)).toEqual([
    "GetObjectAttributesResponse",
    "ETag",
    "Checksum",
    "ChecksumSHA256",
    "ChecksumType",
    "StorageClass",
    "ObjectSize",
  ]);
  expect(document).toContain(
    `<ETag>${put.headers.get("etag")?.replaceAll('"', "")}</ETag><Checksum><ChecksumSHA256>${checksum["x-amz-checksum-sha256"]}</ChecksumSHA256><ChecksumType>FULL_OBJECT</ChecksumType></Checksum><StorageClass>STANDARD</StorageClass><ObjectSize>5</ObjectSize>`,
  );
});

test("only what is asked for is told", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "k", "hello");
  const size = await attributesOf(`/${bucket}/k`, { "x-amz-object-attributes": "ObjectSize" });
  expect(names(size)).toEqual(["GetObjectAttributesResponse", "ObjectSize"]);
  const none = await attributesOf(`/${bucket}/k`, {
    "x-amz-object-attributes": "Checksum,ObjectParts",
  });
  expect(names(none)).toEqual(["GetObjectAttributesResponse"]);
});

test("the parts of an object without a checksum are listed with their sizes", async () => {
  const bucket = await uniqueBucket();
  await putInParts(bucket, "k", PARTS);
  const document = await attributesOf(`/${bucket}/k`);
  expect(elements(document, "PartsCount")).toEqual(["3"]);
  expect(elements(document, "Size")).toEqual(PARTS.map((bytes) => String(bytes.byteLength)));
  expect(document).not.toContain("Checksum");
  expect(elements(document, "ETag")[0]).toMatch(/^[0-9a-f]{32}-3$/);
});

describe("the parts of an object whose checksum is made of theirs", () => {
  test("are listed, and its checksum does not say how many they are", async () => {
    const home = await uniqueBucket();
    const copy = await uniqueBucket();
    await putInParts(home, "k", PARTS, COMPOSITE);
    await copyAcrossBuckets(home, copy, "k");
    const sha256 = await Promise.all(
      PARTS.map(async (bytes) =>
        Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("base64"),
      ),
    );
    const ofAll = await crypto.subtle.digest(
      "SHA-256",
      Buffer.concat(sha256.map((value) => Buffer.from(value, "base64"))),
    );
    for (const bucket of [home, copy]) {
      const document = await attributesOf(`/${bucket}/k`);
      expect(elements(document, "ChecksumSHA256")).toEqual([
        Buffer.from(ofAll).toString("base64"),
        ...sha256,
      ]);
      expect(elements(document, "ChecksumType")).toEqual(["COMPOSITE"]);
      expect(elements(document, "PartNumber")).toEqual(["1", "2", "3"]);
      expect(elements(document, "Size")).toEqual(PARTS.map((bytes) => String(bytes.byteLength)));
      expect(names(/<ObjectParts>.*<\/ObjectParts>/.exec(document)?.[0] ?? "")).toEqual([
        "ObjectParts",
        "IsTruncated",
        "MaxParts",
        "NextPartNumberMarker",
        "PartNumberMarker",
        ...PARTS.flatMap(() => ["Part", "ChecksumSHA256", "PartNumber", "Size"]),
        "PartsCount",
      ]);
    }
  });

  test.for([
    { max: "2", marker: "0", numbers: ["1", "2"], isTruncated: "true", next: "2" },
    { max: "2", marker: "2", numbers: ["3"], isTruncated: "false", next: "3" },
    { max: "1", marker: "1", numbers: ["2"], isTruncated: "true", next: "2" },
    { max: "1000", marker: "3", numbers: [], isTruncated: "false", next: "0" },
  ])("are paged: $max after $marker", async ({ max, marker, numbers, isTruncated, next }) => {
    const bucket = await uniqueBucket();
    await putInParts(bucket, "k", PARTS, COMPOSITE);
    const document = await attributesOf(`/${bucket}/k`, {
      "x-amz-max-parts": max,
      "x-amz-part-number-marker": marker,
    });
    expect(elements(document, "PartNumber")).toEqual(numbers);
    expect(elements(document, "IsTruncated")).toEqual([isTruncated]);
    expect(elements(document, "NextPartNumberMarker")).toEqual([next]);
    expect(elements(document, "PartNumberMarker")).toEqual([marker]);
    expect(elements(document, "MaxParts")).toEqual([max]);
    expect(elements(document, "PartsCount")).toEqual(["3"]);
  });
});

test("a missing key is NoSuchKey", async () => {
  const bucket = await uniqueBucket();
  const got = await ask(`/${bucket}/missing`, { "x-amz-object-attributes": "ETag" });
  await expectError(got, 404, "NoSuchKey");
});

test("an unknown attribute is InvalidArgument, and none at all is InvalidRequest", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "k", "x");
  const unknown = await ask(`/${bucket}/k`, { "x-amz-object-attributes": "ETag,Owner" });
  const document = await expectError(unknown, 400, "InvalidArgument");
  expect(elements(document, "ArgumentValue")).toEqual(["Owner"]);
  await expectError(await ask(`/${bucket}/k`, {}), 400, "InvalidRequest");
});
