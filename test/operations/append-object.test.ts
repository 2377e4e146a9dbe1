import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { afterEach, describe, expect, test, vi } from "vitest";
import { expectSameBytes, patternOf } from "../support/bytes.ts";
import { expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { recordOf } from "../support/bucket-record.ts";
import { blobsIn } from "../support/faults.ts";
import { completed, createUpload, PART_BYTES, putPart } from "../support/multipart.ts";
import { audit, settleDown } from "../support/shard-census.ts";
import { versionedBucket } from "../support/versions.ts";

afterEach(() => void vi.useRealTimers());

type Headers = Readonly<Record<string, string>>;

/** Inline, and of a blob. */
const SMALL = 1000;
const LARGE = 20_000;

function append(
  bucket: string,
  offset: number | string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Headers = {},
): Promise<Response> {
  return signedFetch("PUT", `/${bucket}/k`, {
    body,
    headers: { "x-amz-write-offset-bytes": String(offset), ...headers },
  });
}

async function appended(...given: Parameters<typeof append>): Promise<Response> {
  const response = await append(...given);
  expect(response.status, await response.clone().text()).toBe(200);
  return response;
}

async function read(bucket: string, headers: Headers = {}, query: Headers = {}): Promise<Buffer> {
  const response = await signedFetch("GET", `/${bucket}/k`, { headers, query });
  expect(response.ok).toBe(true);
  return Buffer.from(await response.arrayBuffer());
}

async function head(bucket: string, headers: Headers = {}): Promise<Headers> {
  const response = await signedFetch("HEAD", `/${bucket}/k`, { headers });
  expect(response.status).toBe(200);
  return Object.fromEntries(response.headers);
}

function crc32Of(...pieces: readonly Uint8Array[]): string {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(crc32(Buffer.concat(pieces)));
  return value.toString("base64");
}

describe.for([
  ["inline to inline", SMALL, SMALL],
  ["inline to what it makes too long to be inline", SMALL, LARGE],
  ["little to inline, which makes it too long", 10_000, 10_000],
  ["little to a blob", LARGE, SMALL],
  ["much to a blob", LARGE, LARGE],
  ["to an empty object", 0, SMALL],
  ["much to an empty object", 0, LARGE],
] as const)("an append of %s", ([, before, more]) => {
  test("puts the bytes at the end, and keeps everything else", async () => {
    const bucket = await uniqueBucket();
    const first = patternOf(before, 1);
    const second = patternOf(more, 2);
    const metadata = { "content-type": "text/x-log", "x-amz-meta-of": "the first" };
    await putObject(bucket, "k", first, { ...metadata, "x-amz-storage-class": "STANDARD_IA" });
    const answer = await appended(bucket, before, second, { "content-type": "text/other" });
    expect(answer.headers.get("x-amz-object-size")).toBe(String(before + more));

    expectSameBytes(await read(bucket), [first, second]);
    const headers = await head(bucket);
    expect(headers).toMatchObject({
      ...metadata,
      "content-length": String(before + more),
      "x-amz-storage-class": "STANDARD_IA",
      etag: answer.headers.get("etag"),
    });
  });

  test("can be read across its seam, and appended to again", async () => {
    const bucket = await uniqueBucket();
    const pieces = [
      patternOf(before, 1),
      patternOf(more, 2),
      patternOf(SMALL, 3),
      patternOf(LARGE, 4),
    ];
    await putObject(bucket, "k", pieces[0]);
    let size = before;
    const etags = new Set<string | null>();
    for (const piece of pieces.slice(1)) {
      const { headers } = await appended(bucket, size, piece);
      size += piece.length;
      etags.add(headers.get("etag"));
    }
    expect(etags.size).toBe(3);
    const whole = Buffer.concat(pieces);
    expectSameBytes(await read(bucket), whole);
    const from = Math.max(before - 10, 0);
    const range = { range: `bytes=${from}-${before + more + SMALL + 9}` };
    expectSameBytes(await read(bucket, range), whole.subarray(from, before + more + SMALL + 10));
  });
});

describe("an append", () => {
  test("makes the object where there is none", async () => {
    const bucket = await uniqueBucket();
    const metadata = { "content-type": "text/x-log", "x-amz-meta-of": "the first" };
    const answer = await appended(bucket, 0, "line 1\n", metadata);
    expect(answer.headers.get("etag")).toBe(
      `"${createHash("md5").update("line 1\n").digest("hex")}"`,
    );
    expect(await head(bucket)).toMatchObject(metadata);
    await expectError(await append(bucket, 0, "line 1\n"), 400, "InvalidWriteOffset");
  });

  test.for([0, 6, 8, 1_000_000])("at %i of 7 bytes is refused", async (offset) => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", "line 1\n");
    const before = await blobsIn(bucket);
    const document = await expectError(
      await append(bucket, offset, patternOf(LARGE, 1)),
      400,
      "InvalidWriteOffset",
    );
    expect(document).toContain(
      "The write offset value that you specified does not match the current object size.",
    );
    expect(await read(bucket)).toEqual(Buffer.from("line 1\n"));
    expect(await blobsIn(bucket)).toEqual(before);
  });

  test("behind the end of nothing is refused", async () => {
    await expectError(await append(await uniqueBucket(), 1, "x"), 400, "InvalidWriteOffset");
  });

  test.for(["-1", "1.5", "x", ""])("at '%s' is refused", async (offset) => {
    await expectError(await append(await uniqueBucket(), offset, "x"), 400, "InvalidArgument");
  });

  test("of nothing is refused", async () => {
    const bucket = await uniqueBucket();
    await expectError(await append(bucket, 0, ""), 400, "InvalidRequest");
  });

  test("brings no metadata to an object that is there", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", "a");
    const response = await append(bucket, 1, "b", { "x-amz-meta-of": "the second" });
    await expectError(response, 400, "InvalidRequest");
    expect(await read(bucket)).toEqual(Buffer.from("a"));
  });

  test("is made under the conditions of any write", async () => {
    const bucket = await uniqueBucket();
    await expectError(await append(bucket, 0, "a", { "if-match": '"0"' }), 404, "NoSuchKey");
    const first = await appended(bucket, 0, "a", { "if-none-match": "*" });
    const etag = first.headers.get("etag") ?? "";
    const refused = await append(bucket, 1, "b", { "if-none-match": "*" });
    await expectError(refused, 412, "PreconditionFailed");
    await expectError(
      await append(bucket, 1, "b", { "if-match": '"0"' }),
      412,
      "PreconditionFailed",
    );
    await appended(bucket, 1, "b", { "if-match": etag });
    expect(await read(bucket)).toEqual(Buffer.from("ab"));
  });

  test("that is corrupt leaves the object as it was, and no blob", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", patternOf(LARGE, 1));
    const before = await blobsIn(bucket);
    const headers = { "x-amz-checksum-crc32": crc32Of(patternOf(1, 1)) };
    await expectError(await append(bucket, LARGE, patternOf(LARGE, 2), headers), 400, "BadDigest");
    expectSameBytes(await read(bucket), patternOf(LARGE, 1));
    expect(await blobsIn(bucket)).toEqual(before);
  });

  test("wins or loses as a whole against others at the same place", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", patternOf(LARGE, 1));
    const tails = [2, 3, 4, 5].map((seed) => patternOf(LARGE, seed));
    const answers = await Promise.all(tails.map((tail) => append(bucket, LARGE, tail)));
    const won = answers.flatMap(({ ok }, i) => (ok ? [i] : []));
    expect(won).toHaveLength(1);
    for (const answer of answers.filter(({ ok }) => !ok))
      await expectError(answer, 400, "InvalidWriteOffset");
    const winner = tails[won[0] ?? -1] ?? new Uint8Array();
    expectSameBytes(await read(bucket), [patternOf(LARGE, 1), winner]);
  });

  test("makes a new version where there are versions, and leaves the old ones", async () => {
    const bucket = await uniqueBucket();
    const body = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    await signedFetch("PUT", `/${bucket}`, { query: { versioning: "" }, body });
    const pieces = [patternOf(LARGE, 1), patternOf(LARGE, 2), patternOf(LARGE, 3)];
    const versions = [
      await putObject(bucket, "k", pieces[0]),
      await appended(bucket, LARGE, pieces[1] ?? ""),
      await appended(bucket, 2 * LARGE, pieces[2] ?? ""),
    ].map(({ headers }) => headers.get("x-amz-version-id") ?? "");
    expect(new Set(versions).size).toBe(3);
    for (const [i, versionId] of versions.entries())
      expectSameBytes(await read(bucket, {}, { versionId }), pieces.slice(0, i + 1));
    await signedFetch("DELETE", `/${bucket}/k`, { query: { versionId: versions[2] ?? "" } });
    expectSameBytes(await read(bucket), pieces.slice(0, 2));
    await appended(bucket, 2 * LARGE, "x");
    expectSameBytes(await read(bucket), [...pieces.slice(0, 2), Buffer.from("x")]);
  });
});

describe("the parts of an object that was appended to", () => {
  test("are what it was, and each append", async () => {
    const bucket = await uniqueBucket();
    const pieces = [patternOf(LARGE, 1), patternOf(LARGE, 2), patternOf(SMALL, 3)];
    await putObject(bucket, "k", pieces[0]);
    await appended(bucket, LARGE, pieces[1] ?? "");
    const { headers } = await appended(bucket, 2 * LARGE, pieces[2] ?? "");
    expect(headers.get("etag")).toMatch(/^"[0-9a-f]{32}-3"$/);
    for (const [i, piece] of pieces.entries()) {
      const query = { partNumber: String(i + 1) };
      const response = await signedFetch("GET", `/${bucket}/k`, { query });
      expect(response.headers.get("x-amz-mp-parts-count")).toBe("3");
      expectSameBytes(await response.arrayBuffer(), piece);
    }
  });

  test("go on where those of its upload end", async () => {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "k");
    const pieces = [patternOf(PART_BYTES, 1), patternOf(SMALL, 2), patternOf(SMALL, 3)] as const;
    const parts = [
      await putPart(bucket, "k", uploadId, 2, pieces[0]),
      await putPart(bucket, "k", uploadId, 7, pieces[1]),
    ];
    await completed(bucket, "k", uploadId, parts);
    const { headers } = await appended(bucket, PART_BYTES + SMALL, pieces[2]);
    expect(headers.get("etag")).toMatch(/-3"$/);
    expectSameBytes(await read(bucket), pieces);
    for (const [i, partNumber] of ["2", "7", "8"].entries())
      expectSameBytes(await read(bucket, {}, { partNumber }), pieces[i] ?? []);
  });

  test.for([false, true])(
    "are without the last one of its upload when that is empty; versioned: %s",
    async (isVersioned) => {
      const bucket = isVersioned ? await versionedBucket() : await uniqueBucket();
      const uploadId = await createUpload(bucket, "k");
      const pieces = [patternOf(PART_BYTES, 1), patternOf(SMALL, 2)] as const;
      const parts = [
        await putPart(bucket, "k", uploadId, 1, pieces[0]),
        await putPart(bucket, "k", uploadId, 2, ""),
      ];
      await completed(bucket, "k", uploadId, parts);
      await appended(bucket, PART_BYTES, pieces[1]);
      expectSameBytes(await read(bucket), pieces);
      const query = { partNumber: "2" };
      const response = await signedFetch("GET", `/${bucket}/k`, { query });
      expect(response.headers.get("x-amz-mp-parts-count")).toBe("2");
      expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.from(pieces[1]));
      const record = await recordOf(bucket);
      await settleDown([record]);
      expect(await audit([record])).toEqual([]);
    },
  );
});

describe("the checksum of an object that was appended to", () => {
  const CHECKED = { "x-amz-checksum-mode": "ENABLED" };

  test.for([
    ["inline", SMALL, SMALL],
    ["in blobs", LARGE, LARGE],
  ] as const)("is the CRC of the whole, %s", async ([, before, more]) => {
    const bucket = await uniqueBucket();
    const pieces = [patternOf(before, 1), patternOf(more, 2), patternOf(SMALL, 3)] as const;
    const [first, second, third] = pieces;
    await putObject(bucket, "k", first, { "x-amz-checksum-crc32": crc32Of(first) });
    const answer = await appended(bucket, before, second, {
      "x-amz-checksum-crc32": crc32Of(second),
    });
    expect(answer.headers.get("x-amz-checksum-crc32")).toBe(crc32Of(first, second));
    // One that brings none is summed up all the same.
    await appended(bucket, before + more, third);
    expect(await head(bucket, CHECKED)).toMatchObject({
      "x-amz-checksum-crc32": crc32Of(...pieces),
      "x-amz-checksum-type": "FULL_OBJECT",
    });
  });

  test("is gone when it was no CRC", async () => {
    const bucket = await uniqueBucket();
    const sha256 = createHash("sha256").update("a").digest("base64");
    await putObject(bucket, "k", "a", { "x-amz-checksum-sha256": sha256 });
    expect(await head(bucket, CHECKED)).toHaveProperty("x-amz-checksum-sha256");
    await appended(bucket, 1, "a", { "x-amz-checksum-sha256": sha256 });
    expect(await head(bucket, CHECKED)).not.toHaveProperty("x-amz-checksum-sha256");
  });

  test("must be of the algorithm that the object has", async () => {
    const bucket = await uniqueBucket();
    const a = patternOf(1, 1);
    await putObject(bucket, "k", a, { "x-amz-checksum-crc32": crc32Of(a) });
    const sha256 = createHash("sha256").update("b").digest("base64");
    const refused = await append(bucket, 1, "b", { "x-amz-checksum-sha256": sha256 });
    expect(await expectError(refused, 400, "InvalidRequest")).toContain(
      "expected checksum Type: crc32, actual checksum Type: sha256",
    );
  });
});
