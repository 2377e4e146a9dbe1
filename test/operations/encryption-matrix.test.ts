import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { expectSameBytes, patternOf } from "../support/bytes.ts";
import { IS_CAMPAIGN } from "../support/campaign.ts";
import { putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { copied, copiedPart, copy } from "../support/copy.ts";
import { expectBytes, expectTold, type Mode, MODES } from "../support/encryption.ts";
import { complete, completed, createUpload, PART_BYTES, uploadPart } from "../support/multipart.ts";

let bucket: string;
let target: string;
beforeAll(async () => {
  bucket = await uniqueBucket();
  target = await uniqueBucket();
});

const ALL_SIZES = [0, 1, 16_384, 16_385, 65_535, 65_536, 65_537, 200_000];
const SIZES = IS_CAMPAIGN ? ALL_SIZES : [0, 16_385, 65_536, 200_000];

const RANGES = [
  [0, 0],
  [1, 65_534],
  [65_535, 65_535],
  [65_535, 65_536],
  [65_536, 131_071],
  [65_536, 131_072],
  [131_071, 199_999],
] as const;

const COPIED_SIZES = [0, 1000, 70_000] as const;

/** Each way is copied from, and to, at each size; a campaign tries each pair at all of them. */
function sizesOfCopies(from: Mode, to: Mode): readonly number[] {
  const turn = MODES.indexOf(from) + MODES.indexOf(to);
  return COPIED_SIZES.filter((_, i) => IS_CAMPAIGN || turn % COPIED_SIZES.length === i);
}

/** Those of which parts of 5 MiB are uploaded; the others encrypt them in no other way than one of these. */
const OF_PARTS = MODES.filter(
  ({ name }) => IS_CAMPAIGN || !/^(?:plain|S3|DSSE|another C)$/.test(name),
);

describe.for(OF_PARTS)("$name", (mode) => {
  test("keeps parts whose ends are not those of frames", async () => {
    const key = `parts-${mode.name}`;
    const uploadId = await createUpload(bucket, key, mode.headers);
    const bodies = [patternOf(PART_BYTES + 1, 1), patternOf(PART_BYTES + 7, 2), patternOf(3, 3)];
    const parts = [];
    for (const [i, body] of bodies.entries()) {
      const query = { uploadId, partNumber: String(i + 1) };
      const put = await uploadPart(bucket, key, query, body, mode.readHeaders);
      // Clients compare ETags with MD5s, unless they are told that it is encrypted: https://github.com/minio/minio/issues/14578
      expectTold(put, mode);
      parts.push({ partNumber: i + 1, etag: put.headers.get("etag") ?? "" });
    }
    const done = await complete(bucket, key, uploadId, parts, mode.readHeaders);
    expect(done.status, await done.clone().text()).toBe(200);
    // It tells no customer's key.
    if (!mode.name.endsWith("C")) expectTold(done, mode);
    const bytes = Buffer.concat(bodies);
    const seam = PART_BYTES + 1;
    const ranges = [
      [seam - 1, seam],
      [seam - 70_000, seam + 70_000],
      [seam, seam + PART_BYTES + 6],
      [2 * PART_BYTES + 7, 2 * PART_BYTES + 10],
    ] as const;
    await expectBytes(`/${bucket}/${encodeURIComponent(key)}`, mode, bytes, ranges);
    const query = { partNumber: "2" };
    const part = await signedFetch("GET", `/${bucket}/${encodeURIComponent(key)}`, {
      query,
      headers: mode.readHeaders,
    });
    expectSameBytes(await part.arrayBuffer(), bodies[1] ?? new Uint8Array());
  });
});

describe.for(MODES)("$name", (mode) => {
  test.for(SIZES)("keeps %i bytes", async (size) => {
    const bytes = patternOf(size);
    const path = `/${bucket}/${encodeURIComponent(mode.name)}-${size}`;
    const put = await signedFetch("PUT", path, { body: bytes, headers: mode.headers });
    expect(put.status, await put.clone().text()).toBe(200);
    expectTold(put, mode);
    const md5 = createHash("md5").update(bytes).digest("hex");
    expect(put.headers.get("etag") === `"${md5}"`).toBe(mode.hasMd5Etag);
    const ranges = RANGES.filter(([, last]) => last < size);
    await expectBytes(path, mode, bytes, ranges);
    const head = await signedFetch("HEAD", path, { headers: mode.readHeaders });
    expectTold(head, mode);
    expect(head.headers.get("content-length")).toBe(String(size));
    expect(head.headers.get("etag")).toBe(put.headers.get("etag"));
  });

  test("keeps what is appended", async () => {
    const path = `/${bucket}/appended-${encodeURIComponent(mode.name)}`;
    let bytes = Buffer.alloc(0);
    for (const size of [100, 200, 70_000, 65_536, 1]) {
      const more = patternOf(size, bytes.byteLength);
      const headers = { ...mode.headers, "x-amz-write-offset-bytes": String(bytes.byteLength) };
      const put = await signedFetch("PUT", path, { body: more, headers });
      expect(put.status, await put.clone().text()).toBe(200);
      expectTold(put, mode);
      bytes = Buffer.concat([bytes, more]);
      await expectBytes(path, mode, bytes, bytes.byteLength > 70_300 ? [[99, 301]] : []);
    }
  });

  test("moves with a rename", async () => {
    for (const size of [10, 20_000]) {
      const source = `from-${mode.name}-${size}`;
      await putObject(bucket, source, patternOf(size), mode.headers);
      for (const name of ["a", "b", "c"]) {
        const to = `/${bucket}/renamed-${name}-${encodeURIComponent(mode.name)}-${size}`;
        await putObject(bucket, source, patternOf(size), mode.headers);
        const headers = { "x-amz-rename-source": encodeURIComponent(source) };
        const renamed = await signedFetch("PUT", to, { query: { renameObject: "" }, headers });
        expect(renamed.status, await renamed.clone().text()).toBe(200);
        await expectBytes(to, mode, patternOf(size));
      }
    }
  });

  describe.for(MODES)("copied as $name", (to) => {
    test.for(sizesOfCopies(mode, to))("%i bytes", async (size) => {
      const bytes = patternOf(size, 5);
      await putObject(bucket, "copied", bytes, mode.headers);
      const headers = { ...mode.sourceHeaders, ...to.headers };
      for (const where of [bucket, target]) {
        const made = await copy(`${bucket}/copied`, `${where}/copy`, headers);
        expect(made.status, await made.clone().text()).toBe(200);
        expectTold(made, to);
        await expectBytes(`/${where}/copy`, to, bytes, size > 66_000 ? [[65_535, 65_536]] : []);
      }
    });

    test("part by part", async () => {
      const bytes = patternOf(140_000, 9);
      await putObject(bucket, "copied", bytes, mode.headers);
      const uploadId = await createUpload(target, "joined", to.headers);
      const part = (range: Record<string, string>) =>
        copiedPart(`${bucket}/copied`, `${target}/joined`, uploadId, 1, {
          ...mode.sourceHeaders,
          ...to.readHeaders,
          ...range,
        });
      const only = await part({ "x-amz-copy-source-range": "bytes=65535-131072" });
      await completed(target, "joined", uploadId, [only], to.readHeaders);
      await expectBytes(`/${target}/joined`, to, bytes.subarray(65_535, 131_073), [[1, 65_536]]);
      await copied(`${target}/joined`, `${bucket}/joined-copy`, {
        ...to.sourceHeaders,
        ...mode.headers,
      });
      await expectBytes(`/${bucket}/joined-copy`, mode, bytes.subarray(65_535, 131_073), [
        [0, 65_537],
      ]);
    });
  });
});
