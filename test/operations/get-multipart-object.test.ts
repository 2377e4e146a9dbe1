import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { WANTS_CONTENT } from "../../src/storage/ports/content-index.ts";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import {
  completeParts,
  copyAcrossBuckets,
  indexOf,
  partBytes,
  putInParts,
} from "../support/multipart-object.ts";
import { PART_BYTES } from "../support/multipart.ts";

const PARTS = [PART_BYTES, PART_BYTES + 1, 10].map(partBytes);
const WHOLE = Buffer.concat(PARTS);
const SIZE = WHOLE.byteLength;
const [FIRST_END, SECOND_END] = [PART_BYTES, 2 * PART_BYTES + 1];

async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

/** `toEqual` looks at millions of bytes one by one. */
function expectSame(found: Buffer, wanted: Uint8Array): void {
  expect(found.byteLength).toBe(wanted.byteLength);
  expect(found.equals(wanted)).toBe(true);
}

const places = { home: "", copy: "" };

beforeAll(async () => {
  places.home = await uniqueBucket();
  places.copy = await uniqueBucket();
  await putInParts(places.home, "k", PARTS);
  await copyAcrossBuckets(places.home, places.copy, "k");
});

describe.for([
  { place: "home", what: "an object of parts" },
  { place: "copy", what: "a copy of one whose parts another shard knows" },
] as const)("$what", ({ place }) => {
  const pathOf = () => `/${places[place]}/k`;

  test("is its parts in order, and does not tell how many they are", async () => {
    const got = await signedFetch("GET", pathOf());
    expect(got.status).toBe(200);
    expect(got.headers.get("content-length")).toBe(String(SIZE));
    expect(got.headers.get("etag")).toMatch(/^"[0-9a-f]{32}-3"$/);
    expect(got.headers.get("x-amz-meta-color")).toBe("blue");
    expect(got.headers.get("x-amz-mp-parts-count")).toBe(null);
    expectSame(await bytesOf(got), WHOLE);
    const head = await signedFetch("HEAD", pathOf());
    expect([head.status, head.headers.get("content-length")]).toEqual([200, String(SIZE)]);
  });

  test.for([
    { what: "the first byte", from: 0, to: 1 },
    { what: "inside a part", from: 100, to: 5000 },
    { what: "the last byte of a part", from: FIRST_END - 1, to: FIRST_END },
    { what: "one whole part", from: FIRST_END, to: SECOND_END },
    { what: "the seam of two parts", from: FIRST_END - 3, to: FIRST_END + 4 },
    { what: "the ends of all parts", from: FIRST_END - 1, to: SECOND_END + 1 },
    { what: "all but the first byte", from: 1, to: SIZE },
  ])("a range of $what is that slice", async ({ from, to }) => {
    const headers = { range: `bytes=${from}-${to - 1}` };
    const got = await signedFetch("GET", pathOf(), { headers });
    expect(got.status).toBe(206);
    expect(got.headers.get("content-range")).toBe(`bytes ${from}-${to - 1}/${SIZE}`);
    expect(got.headers.get("content-length")).toBe(String(to - from));
    expectSame(await bytesOf(got), WHOLE.subarray(from, to));
    const head = await signedFetch("HEAD", pathOf(), { headers });
    expect([head.status, head.headers.get("content-length")]).toEqual([206, String(to - from)]);
  });

  test("a download that is resumed after another version comes whole", async () => {
    const headers = { range: `bytes=${SECOND_END}-`, "if-range": '"older"' };
    const got = await signedFetch("GET", pathOf(), { headers });
    expect(got.status).toBe(200);
    expectSame(await bytesOf(got), WHOLE);
  });

  test("a range past its end is InvalidRange", async () => {
    const got = await signedFetch("GET", pathOf(), { headers: { range: `bytes=${SIZE}-` } });
    await expectError(got, 416, "InvalidRange");
  });

  test.for([
    { partNumber: 1, from: 0, to: FIRST_END },
    { partNumber: 2, from: FIRST_END, to: SECOND_END },
    { partNumber: 3, from: SECOND_END, to: SIZE },
  ])("part $partNumber is a range, and tells how many parts there are", async (part) => {
    const query = { partNumber: String(part.partNumber) };
    for (const method of ["GET", "HEAD"]) {
      const got = await signedFetch(method, pathOf(), { query });
      expect(got.status).toBe(206);
      expect(got.headers.get("content-range")).toBe(`bytes ${part.from}-${part.to - 1}/${SIZE}`);
      expect(got.headers.get("content-length")).toBe(String(part.to - part.from));
      expect(got.headers.get("x-amz-mp-parts-count")).toBe("3");
      const bytes = await bytesOf(got);
      if (method === "GET") expectSame(bytes, WHOLE.subarray(part.from, part.to));
    }
  });

  test("a part that it does not have is InvalidPartNumber", async () => {
    const query = { partNumber: "4" };
    const document = await expectError(
      await signedFetch("GET", pathOf(), { query }),
      416,
      "InvalidPartNumber",
    );
    expect(elements(document, "ActualPartCount")).toEqual(["3"]);
    expect(elements(document, "PartNumberRequested")).toEqual(["4"]);
    expect((await signedFetch("HEAD", pathOf(), { query })).status).toBe(416);
  });

  test("conditions are decided before parts and ranges", async () => {
    const { headers } = await signedFetch("HEAD", pathOf());
    const ifNoneMatch = { "if-none-match": headers.get("etag") ?? "" };
    const query = { partNumber: "9" };
    expect((await signedFetch("GET", pathOf(), { query, headers: ifNoneMatch })).status).toBe(304);
    const got = await signedFetch("GET", pathOf(), { headers: { "if-match": '"other"' } });
    await expectError(got, 412, "PreconditionFailed");
  });
});

describe("the checksum of a part", () => {
  const mode = { "x-amz-checksum-mode": "ENABLED" };

  async function checksumsOf(path: string, partNumber: string) {
    const got = await Promise.all(
      ["GET", "HEAD"].map((method) =>
        signedFetch(method, path, { query: { partNumber }, headers: mode }),
      ),
    );
    const told = got.map(({ headers }) => [
      headers.get("x-amz-checksum-sha256") ?? headers.get("x-amz-checksum-crc64nvme"),
      headers.get("x-amz-checksum-type"),
    ]);
    for (const response of got) await response.body?.cancel();
    expect(told[1]).toEqual(told[0]);
    return told[0];
  }

  test("is told, not the object's, where that is made of its parts'", async () => {
    const bucket = await uniqueBucket();
    const parts = [PART_BYTES, 4].map(partBytes);
    await putInParts(bucket, "k", parts, { algorithm: "SHA256", type: "COMPOSITE" });
    const whole = await signedFetch("HEAD", `/${bucket}/k`, { headers: mode });
    expect(whole.headers.get("x-amz-checksum-sha256")).toMatch(/-2$/);
    for (const [i, bytes] of parts.entries()) {
      const digest = await crypto.subtle.digest("SHA-256", bytes);
      const sha256 = Buffer.from(digest).toString("base64");
      expect(await checksumsOf(`/${bucket}/k`, String(i + 1))).toEqual([sha256, "COMPOSITE"]);
    }
  });

  test("is told where the object's is of all bytes", async () => {
    const bucket = await uniqueBucket();
    const index = await indexOf(bucket);
    const checksum = { algorithm: "CRC64NVME", type: "FULL_OBJECT" } as const;
    const draftOf = async (sizeBytes: number, value: string) => {
      const blobId = index.newBlobId("k");
      await env.BLOBS.put(blobId, partBytes(sizeBytes, 0));
      const content = { kind: "blob", blobId, sizeBytes } as const;
      return { sizeBytes, etag: "0".repeat(32), checksum: { ...checksum, value }, content };
    };
    await completeParts(index, "k", [await draftOf(4, "AQIDBAUGBwg=")], checksum);
    expect(await checksumsOf(`/${bucket}/k`, "1")).toEqual(["AQIDBAUGBwg=", "FULL_OBJECT"]);
    const two = [await draftOf(PART_BYTES, "AQIDBAUGBwg="), await draftOf(4, "CAcGBQQDAgE=")];
    await completeParts(index, "k", two, checksum);
    expect(await checksumsOf(`/${bucket}/k`, "2")).toEqual(["CAcGBQQDAgE=", "FULL_OBJECT"]);
  });
});

test("more segments than come at once are read to their end", async () => {
  const bucket = await uniqueBucket();
  const source = partBytes(26_000, 1);
  await putObject(bucket, "k", source);
  const index = await indexOf(bucket);
  const record = await index.read("k", WANTS_CONTENT);
  if (record?.kind !== "object" || record.content?.kind !== "blob") throw new Error("not a blob");
  const { blobId } = record.content;
  // The pieces from the last to the first, so that none is the next of another. 250 come at once.
  const segments = Array.from({ length: 260 }, (_, i) => ({
    offset: i * 100,
    length: 100,
    blobId,
    blobOffset: (259 - i) * 100,
    blobSizeBytes: source.length,
    keeperId: blobId,
  }));
  const content = {
    kind: "copy",
    source: { kind: "reference", contentId: blobId, holdToken: undefined },
    segments,
  } as const;
  const draft = { sizeBytes: 26_000, etag: "0".repeat(32), checksum: undefined, content };
  await completeParts(index, "k", [draft]);
  const wanted = Buffer.concat(
    segments.map(({ blobOffset }) => source.subarray(blobOffset, blobOffset + 100)),
  );
  for (const query of [{}, { partNumber: "1" }])
    expectSame(await bytesOf(await signedFetch("GET", `/${bucket}/k`, { query })), wanted);
  const headers = { range: "bytes=150-25901" };
  const ranged = await signedFetch("GET", `/${bucket}/k`, { headers });
  expectSame(await bytesOf(ranged), wanted.subarray(150, 25_902));
});

test("an answer whose next part is missing breaks off", async () => {
  const bucket = await uniqueBucket();
  const [, second = ""] = await putInParts(bucket, "k", PARTS);
  await env.BLOBS.delete(second);
  const got = await signedFetch("GET", `/${bucket}/k`);
  expect(got.status).toBe(200);
  await expect(got.arrayBuffer()).rejects.toThrow();
});

test("an answer whose first part is missing is InternalError", async () => {
  const bucket = await uniqueBucket();
  const [first = ""] = await putInParts(bucket, "k", PARTS);
  await env.BLOBS.delete(first);
  await expectError(await signedFetch("GET", `/${bucket}/k`), 500, "InternalError");
});

test("an object whose only part is empty has no bytes", async () => {
  const bucket = await uniqueBucket();
  await putInParts(bucket, "k", [new Uint8Array()]);
  for (const query of [{}, { partNumber: "1" }]) {
    const got = await signedFetch("GET", `/${bucket}/k`, { query });
    expect([got.status, got.headers.get("content-length"), await got.text()]).toEqual([
      200,
      "0",
      "",
    ]);
  }
});

test("an empty last part is a part without bytes", async () => {
  const bucket = await uniqueBucket();
  await putInParts(bucket, "k", [partBytes(PART_BYTES, 0), new Uint8Array()]);
  const got = await signedFetch("GET", `/${bucket}/k`, { query: { partNumber: "2" } });
  expect([got.status, got.headers.get("x-amz-mp-parts-count")]).toEqual([206, "2"]);
  expect([got.headers.get("content-length"), await got.text()]).toEqual(["0", ""]);
});
