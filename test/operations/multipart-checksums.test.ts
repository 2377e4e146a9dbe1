import { exports } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { checksumOf } from "../support/checksums.ts";
import { chunkedRequest } from "../support/chunked-upload.ts";
import { elements, expectError, signedFetch, uniqueBucket } from "../support/client.ts";
import { blobsOf, bucketIdOf } from "../support/faults.ts";
import {
  bytesOf,
  complete,
  completed,
  createUpload,
  listParts,
  type Part,
  PART_BYTES,
  putPart,
  uploadPart,
} from "../support/multipart.ts";

/** Every algorithm with every type that it may have. */
const CHECKSUMS = [
  ["CRC32", "COMPOSITE"],
  ["CRC32", "FULL_OBJECT"],
  ["CRC32C", "COMPOSITE"],
  ["CRC32C", "FULL_OBJECT"],
  ["CRC64NVME", "FULL_OBJECT"],
  ["SHA1", "COMPOSITE"],
  ["SHA256", "COMPOSITE"],
  ["SHA512", "COMPOSITE"],
  ["MD5", "COMPOSITE"],
] as const;

const BODIES = [bytesOf(PART_BYTES, 1), bytesOf(10, 2)] as const;
const OTHER = bytesOf(10, 3);

function headersOf(algorithm: string, type: string): Record<string, string> {
  return { "x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": type };
}

/** That of the object, from the bytes alone. */
async function objectChecksum(
  algorithm: string,
  type: string,
  bodies: readonly Uint8Array[],
): Promise<string> {
  if (type === "FULL_OBJECT") return checksumOf(algorithm, Buffer.concat(bodies));
  const parts = await Promise.all(bodies.map((body) => checksumOf(algorithm, body)));
  const values = Buffer.concat(parts.map((value) => Buffer.from(value, "base64")));
  return `${await checksumOf(algorithm, values)}-${bodies.length}`;
}

describe.for(CHECKSUMS)("an upload with %s, %s", ([algorithm, type]) => {
  const name = algorithm.toLowerCase();
  const header = `x-amz-checksum-${name}`;
  const element = `Checksum${algorithm}`;

  async function partWithChecksum(
    bucket: string,
    uploadId: string,
    partNumber: number,
    body: Uint8Array<ArrayBuffer>,
  ): Promise<Part> {
    const value = await checksumOf(name, body);
    const query = { uploadId, partNumber: String(partNumber) };
    const response = await uploadPart(bucket, "k", query, body, { [header]: value });
    expect(response.status, await response.clone().text()).toBe(200);
    expect(response.headers.get(header)).toBe(value);
    expect(response.headers.get("x-amz-checksum-type")).toBeNull();
    const etag = response.headers.get("etag") ?? "";
    return { partNumber, etag, checksum: [element, value] };
  }

  test("verifies and lists those of its parts, and gives the object one", async () => {
    const bucket = await uniqueBucket();
    const created = await signedFetch("POST", `/${bucket}/k`, {
      query: { uploads: "" },
      headers: headersOf(algorithm, type),
    });
    expect(created.headers.get("x-amz-checksum-algorithm")).toBe(algorithm);
    expect(created.headers.get("x-amz-checksum-type")).toBe(type);
    const [uploadId = ""] = elements(await created.text(), "UploadId");

    const parts = [
      await partWithChecksum(bucket, uploadId, 1, BODIES[0]),
      await partWithChecksum(bucket, uploadId, 2, BODIES[1]),
    ];
    const listed = await (await listParts(bucket, "k", uploadId)).text();
    expect(elements(listed, "ChecksumAlgorithm")).toEqual([algorithm]);
    expect(elements(listed, "ChecksumType")).toEqual([type]);
    expect(elements(listed, element)).toEqual(parts.map(({ checksum }) => checksum?.[1]));

    const value = await objectChecksum(name, type, BODIES);
    const wrong = { [header]: await objectChecksum(name, type, [BODIES[1], BODIES[1]]) };
    await expectError(await complete(bucket, "k", uploadId, parts, wrong), 400, "BadDigest");
    const document = await completed(bucket, "k", uploadId, parts, {
      [header]: value,
      "x-amz-checksum-type": type,
    });
    expect(elements(document, element)).toEqual([value]);
    expect(elements(document, "ChecksumType")).toEqual([type]);
    const asked = { "x-amz-checksum-mode": "ENABLED" };
    const head = await signedFetch("HEAD", `/${bucket}/k`, { headers: asked });
    expect(head.headers.get(header)).toBe(value);
    expect(head.headers.get("x-amz-checksum-type")).toBe(type);
    const all = await signedFetch("HEAD", `/${bucket}/k`, {
      headers: { ...asked, range: "bytes=0-" },
    });
    expect(all.status).toBe(206);
    expect(all.headers.get(header)).toBe(type === "FULL_OBJECT" ? value : null);
  });

  test("takes one in the trailer of a part", async () => {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "k", headersOf(algorithm, type));
    const value = await checksumOf(name, BODIES[1]);
    const send = (trailer: string) =>
      exports.default.fetch(
        chunkedRequest(`/${bucket}/k?partNumber=1&uploadId=${uploadId}`, {
          mode: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
          chunks: [BODIES[1]],
          trailer: [header, trailer],
        }),
      );
    await expectError(await send(await checksumOf(name, OTHER)), 400, "BadDigest");
    const response = await send(value);
    expect(response.status, await response.text()).toBe(200);
    expect(response.headers.get(header)).toBe(value);
    const listed = await (await listParts(bucket, "k", uploadId)).text();
    expect(elements(listed, element)).toEqual([value]);
  });

  test("refuses a part whose checksum is wrong, and keeps nothing of it", async () => {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "k", headersOf(algorithm, type));
    const headers = { [header]: await checksumOf(name, OTHER) };
    const query = { uploadId, partNumber: "1" };
    const refused = await uploadPart(bucket, "k", query, BODIES[1], headers);
    await expectError(refused, 400, "BadDigest");
    expect(await blobsOf(await bucketIdOf(bucket))).toEqual([]);
    const listed = await (await listParts(bucket, "k", uploadId)).text();
    expect(elements(listed, "PartNumber")).toEqual([]);
  });

  test("refuses a part with a checksum of another algorithm", async () => {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "k", headersOf(algorithm, type));
    const other = algorithm === "SHA1" ? "sha256" : "sha1";
    const headers = { [`x-amz-checksum-${other}`]: await checksumOf(other, BODIES[1]) };
    const query = { uploadId, partNumber: "1" };
    const refused = await uploadPart(bucket, "k", query, BODIES[1], headers);
    const document = await expectError(refused, 400, "InvalidRequest");
    expect(elements(document, "Message")).toEqual([
      `Checksum Type mismatch occurred, expected checksum Type: ${name}, actual checksum Type: ${other}`,
    ]);
    expect(await blobsOf(await bucketIdOf(bucket))).toEqual([]);
  });

  test("is completed with the right checksums of its parts only", async () => {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "k", headersOf(algorithm, type));
    const part = await partWithChecksum(bucket, uploadId, 1, BODIES[1]);
    const wrong = { ...part, checksum: [element, await checksumOf(name, OTHER)] as const };
    await expectError(await complete(bucket, "k", uploadId, [wrong]), 400, "InvalidPart");
    const { partNumber, etag } = part;
    const silent = await complete(bucket, "k", uploadId, [{ partNumber, etag }]);
    if (type === "FULL_OBJECT") expect(silent.status).toBe(200);
    else await expectError(silent, 400, "InvalidRequest");
  });
});

describe("a part that brings no checksum", () => {
  test.for(CHECKSUMS.filter(([, type]) => type === "FULL_OBJECT"))(
    "gets one computed, for an upload with %s, %s",
    async ([algorithm, type]) => {
      const bucket = await uniqueBucket();
      const uploadId = await createUpload(bucket, "k", headersOf(algorithm, type));
      const name = algorithm.toLowerCase();
      const value = await checksumOf(name, BODIES[1]);
      const response = await uploadPart(bucket, "k", { uploadId, partNumber: "1" }, BODIES[1]);
      expect(response.headers.get(`x-amz-checksum-${name}`)).toBe(value);
      const part = { partNumber: 1, etag: response.headers.get("etag") ?? "" };
      const document = await completed(bucket, "k", uploadId, [part]);
      expect(elements(document, `Checksum${algorithm}`)).toEqual([value]);
    },
  );

  test.for(CHECKSUMS.filter(([, type]) => type === "COMPOSITE"))(
    "is refused, for an upload with %s, %s",
    async ([algorithm, type]) => {
      const bucket = await uniqueBucket();
      const uploadId = await createUpload(bucket, "k", headersOf(algorithm, type));
      const refused = await uploadPart(bucket, "k", { uploadId, partNumber: "1" }, BODIES[1]);
      const document = await expectError(refused, 400, "InvalidRequest");
      expect(elements(document, "Message")).toEqual([
        `Checksum Type mismatch occurred, expected checksum Type: ${algorithm.toLowerCase()}, actual checksum Type: null`,
      ]);
    },
  );
});

describe("an upload without an algorithm", () => {
  test("verifies what a part brings and answers it, and keeps none", async () => {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "k");
    const query = { uploadId, partNumber: "1" };
    const value = await checksumOf("crc32", BODIES[1]);
    const send = (crc32: string) =>
      uploadPart(bucket, "k", query, BODIES[1], { "x-amz-checksum-crc32": crc32 });
    await expectError(await send("AAAAAA=="), 400, "BadDigest");
    expect(await blobsOf(await bucketIdOf(bucket))).toEqual([]);
    const response = await send(value);
    expect(response.headers.get("x-amz-checksum-crc32")).toBe(value);
    const listed = await (await listParts(bucket, "k", uploadId)).text();
    expect(listed).not.toContain("Checksum");
    const part = { partNumber: 1, etag: response.headers.get("etag") ?? "" };
    expect(await completed(bucket, "k", uploadId, [part])).not.toContain("Checksum");
  });

  test("takes no checksum of the object that it could not verify", async () => {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "k");
    const part = await putPart(bucket, "k", uploadId, 1, BODIES[1]);
    const headers = { "x-amz-checksum-crc32": "AAAAAA==" };
    const refused = await complete(bucket, "k", uploadId, [part], headers);
    await expectError(refused, 501, "NotImplemented");
  });

  test("verifies Content-MD5", async () => {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "k");
    const query = { uploadId, partNumber: "1" };
    const md5 = async (body: Uint8Array) => ({ "content-md5": await checksumOf("md5", body) });
    const wrong = await uploadPart(bucket, "k", query, BODIES[1], await md5(OTHER));
    await expectError(wrong, 400, "BadDigest");
    expect((await uploadPart(bucket, "k", query, BODIES[1], await md5(BODIES[1]))).status).toBe(
      200,
    );
  });
});

describe("a completion", () => {
  test("in another type than the upload's is InvalidRequest", async () => {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "k", headersOf("CRC32", "FULL_OBJECT"));
    const part = await putPart(bucket, "k", uploadId, 1, BODIES[1]);
    for (const type of ["COMPOSITE", "WHOLE"]) {
      const headers = { "x-amz-checksum-type": type };
      const refused = await complete(bucket, "k", uploadId, [part], headers);
      await expectError(refused, 400, "InvalidRequest");
    }
  });

  test("in another algorithm than the upload's is BadDigest, for the object and for a part", async () => {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "k", headersOf("CRC32", "FULL_OBJECT"));
    const part = await putPart(bucket, "k", uploadId, 1, BODIES[1]);
    const headers = { "x-amz-checksum-sha1": await checksumOf("sha1", BODIES[1]) };
    await expectError(await complete(bucket, "k", uploadId, [part], headers), 400, "BadDigest");
    const other: Part = { ...part, checksum: ["ChecksumSHA1", headers["x-amz-checksum-sha1"]] };
    await expectError(await complete(bucket, "k", uploadId, [other]), 400, "BadDigest");
  });

  test("with several checksums for the object, or for a part, is refused", async () => {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "k");
    const part = await putPart(bucket, "k", uploadId, 1, BODIES[1]);
    const headers = { "x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-sha1": "AAAA" };
    const ofObject = await complete(bucket, "k", uploadId, [part], headers);
    await expectError(ofObject, 400, "InvalidRequest");
    const document = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.etag}</ETag><ChecksumCRC32>AA==</ChecksumCRC32><ChecksumSHA1>BB==</ChecksumSHA1></Part></CompleteMultipartUpload>`;
    const ofPart = await complete(bucket, "k", uploadId, document);
    const error = await expectError(ofPart, 400, "InvalidArgument");
    expect(elements(error, "ArgumentValue")).toEqual(["CRC32:AA==;SHA1:BB==;"]);
  });

  test("whose object checksum is none at all is BadDigest", async () => {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "k", headersOf("SHA256", "COMPOSITE"));
    const value = await checksumOf("sha256", BODIES[1]);
    const query = { uploadId, partNumber: "1" };
    const sent = { "x-amz-checksum-sha256": value };
    const { headers } = await uploadPart(bucket, "k", query, BODIES[1], sent);
    const part: Part = {
      partNumber: 1,
      etag: headers.get("etag") ?? "",
      checksum: ["ChecksumSHA256", value],
    };
    const bad = { "x-amz-checksum-sha256": "bad" };
    await expectError(await complete(bucket, "k", uploadId, [part], bad), 400, "BadDigest");
  });
});
