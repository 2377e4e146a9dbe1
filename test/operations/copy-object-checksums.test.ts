import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { checksumOf } from "../support/checksums.ts";
import { elements, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { copied } from "../support/copy.ts";
import { blobsOf, bucketIdOf } from "../support/faults.ts";

const BLOB = "b".repeat(20_000);

const sha256 = (body: string) => createHash("sha256").update(body).digest("base64");

async function checksums(path: string): Promise<Record<string, string>> {
  const headers = { "x-amz-checksum-mode": "ENABLED" };
  const head = await signedFetch("HEAD", `/${path}`, { headers });
  const all = Object.entries(Object.fromEntries(head.headers));
  return Object.fromEntries(all.filter(([name]) => name.startsWith("x-amz-checksum-")));
}

test("the checksum is copied", async () => {
  const bucket = await uniqueBucket();
  const value = sha256(BLOB);
  await putObject(bucket, "source", BLOB, { "x-amz-checksum-sha256": value });
  for (const asked of [{}, { "x-amz-checksum-algorithm": "SHA256" }]) {
    const document = await copied(`${bucket}/source`, `${bucket}/copy`, { ...asked });
    expect(elements(document, "ChecksumSHA256")).toEqual([value]);
    expect(elements(document, "ChecksumType")).toEqual(["FULL_OBJECT"]);
    expect(await checksums(`${bucket}/copy`)).toEqual({
      "x-amz-checksum-sha256": value,
      "x-amz-checksum-type": "FULL_OBJECT",
    });
  }
});

test.for([
  { kind: "inline", body: "inline body" },
  { kind: "blob", body: BLOB },
  { kind: "empty", body: "" },
])("a checksum of another algorithm is computed, and no byte stored: $kind", async ({ body }) => {
  const bucket = await uniqueBucket();
  const md5 = createHash("md5").update(body).digest("base64");
  await putObject(bucket, "source", body, { "x-amz-checksum-md5": md5 });
  const blobs = await blobsOf(await bucketIdOf(bucket));
  const asked = { "x-amz-checksum-algorithm": "sha256" };
  const document = await copied(`${bucket}/source`, `${bucket}/copy`, asked);
  expect(elements(document, "ChecksumSHA256")).toEqual([sha256(body)]);
  expect(elements(document, "ChecksumMD5")).toEqual([]);
  expect(await checksums(`${bucket}/copy`)).toEqual({
    "x-amz-checksum-sha256": sha256(body),
    "x-amz-checksum-type": "FULL_OBJECT",
  });
  expect(await blobsOf(await bucketIdOf(bucket))).toEqual(blobs);
});

test("the copy of an object without a checksum has one if it is asked for", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "source", BLOB);
  expect(await copied(`${bucket}/source`, `${bucket}/copy`)).not.toContain("Checksum");
  const asked = { "x-amz-checksum-algorithm": "CRC32" };
  const document = await copied(`${bucket}/source`, `${bucket}/copy`, asked);
  const expected = await checksumOf("crc32", Buffer.from(BLOB));
  expect(elements(document, "ChecksumCRC32")).toEqual([expected]);
});
