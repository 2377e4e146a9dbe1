import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { checksumOf } from "../support/checksums.ts";
import { elements, putObject, uniqueBucket } from "../support/client.ts";
import { copiedPart, rangeOf } from "../support/copy.ts";
import { completed, createUpload, listParts } from "../support/multipart.ts";

const BODY = "0123456789".repeat(2000);

test.for([
  { algorithm: "SHA256", type: "COMPOSITE" },
  { algorithm: "CRC32C", type: "COMPOSITE" },
  { algorithm: "CRC64NVME", type: "FULL_OBJECT" },
])(
  "each copied part has a checksum of its upload: $algorithm, $type",
  async ({ algorithm, type }) => {
    const bucket = await uniqueBucket();
    const lower = algorithm.toLowerCase();
    const element = `Checksum${algorithm}`;
    const whole = await checksumOf(lower, Buffer.from(BODY));
    const slice = await checksumOf(lower, Buffer.from(BODY.slice(3, 100)));
    await putObject(bucket, "none", BODY);
    await putObject(bucket, "same", BODY, { [`x-amz-checksum-${lower}`]: whole });
    await putObject(bucket, "inline", BODY.slice(0, 200));
    const created = { "x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": type };
    const uploadId = await createUpload(bucket, "target", created);
    const target = `${bucket}/target`;

    for (const source of ["none", "same"]) {
      const part = await copiedPart(`${bucket}/${source}`, target, uploadId, 1);
      expect(elements(part.document, element)).toEqual([whole]);
    }
    for (const source of ["none", "same", "inline"]) {
      const part = await copiedPart(`${bucket}/${source}`, target, uploadId, 2, rangeOf(3, 99));
      expect(elements(part.document, element)).toEqual([slice]);
      expect(part.etag).toBe(`"${createHash("md5").update(BODY.slice(3, 100)).digest("hex")}"`);
      expect(part.document).not.toContain("ChecksumType");
    }
    const listed = await (await listParts(bucket, "target", uploadId)).text();
    expect(elements(listed, element)).toEqual([whole, slice]);
  },
);

test("an upload is completed with the checksums of copied parts", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "source", BODY);
  const created = { "x-amz-checksum-algorithm": "SHA256" };
  const uploadId = await createUpload(bucket, "target", created);
  const part = await copiedPart(`${bucket}/source`, `${bucket}/target`, uploadId, 1);
  const value = elements(part.document, "ChecksumSHA256")[0] ?? "";
  const document = await completed(bucket, "target", uploadId, [
    { ...part, checksum: ["ChecksumSHA256", value] },
  ]);
  const expected = createHash("sha256").update(Buffer.from(value, "base64")).digest("base64");
  expect(elements(document, "ChecksumSHA256")).toEqual([`${expected}-1`]);
});
