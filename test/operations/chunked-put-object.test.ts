import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import { exports } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { patternOf } from "../support/bytes.ts";
import { type ChunkedUpload, chunkedRequest } from "../support/chunked-upload.ts";
import { elements, expectError, signedFetch, uniqueBucket } from "../support/client.ts";
import { blobsOf, bucketIdOf } from "../support/faults.ts";
import VECTORS from "../vectors/checksums/xxhash.json";

const SIZES = [
  { kind: "inline", sizes: [9000, 100] },
  { kind: "blob", sizes: [65_536, 300_000, 8192, 5] },
];
const MODES = [
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
  "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
] as const;

const chunksOf = (sizes: readonly number[]): Uint8Array[] =>
  sizes.map((size, seed) => patternOf(size, seed));

function crc32Trailer(chunks: readonly Uint8Array[]): readonly [string, string] {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(crc32(Buffer.concat(chunks)));
  return ["x-amz-checksum-crc32", value.toString("base64")];
}

async function put(bucket: string, upload: ChunkedUpload): Promise<Response> {
  return exports.default.fetch(chunkedRequest(`/${bucket}/k`, upload));
}

describe.for(SIZES)("an aws-chunked body kept as $kind", ({ sizes }) => {
  const chunks = chunksOf(sizes);
  const right = crc32Trailer(chunks);

  async function expectNothingKept(bucket: string): Promise<void> {
    expect((await signedFetch("HEAD", `/${bucket}/k`)).status).toBe(404);
    expect(await blobsOf(await bucketIdOf(bucket))).toEqual([]);
  }

  test.for(MODES)("is stored without its framing, %s", async (mode) => {
    const bucket = await uniqueBucket();
    const trailer = mode.endsWith("TRAILER") ? { trailer: right } : {};
    const response = await put(bucket, { mode, chunks, ...trailer });
    expect(response.status, await response.text()).toBe(200);
    const got = await signedFetch("GET", `/${bucket}/k`, {
      headers: { "x-amz-checksum-mode": "ENABLED" },
    });
    expect(Buffer.from(await got.arrayBuffer()).equals(Buffer.concat(chunks))).toBe(true);
    expect(got.headers.get("x-amz-checksum-crc32")).toBe(
      mode.endsWith("TRAILER") ? right[1] : null,
    );
  });

  test("with a trailer that does not match is BadDigest, and nothing is kept", async () => {
    const bucket = await uniqueBucket();
    const trailer = ["x-amz-checksum-crc32", "AAAAAA=="] as const;
    const response = await put(bucket, {
      mode: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      chunks,
      trailer,
    });
    await expectError(response, 400, "BadDigest");
    await expectNothingKept(bucket);
  });

  test.for(["AAAA", "AAAAAAA=", "AAAAAA", ""])(
    "with the trailer %j, which no CRC32 can be, is InvalidRequest, and nothing is kept",
    async (value) => {
      const bucket = await uniqueBucket();
      for (const mode of [MODES[1], MODES[2]]) {
        const trailer = ["x-amz-checksum-crc32", value] as const;
        const response = await put(bucket, { mode, chunks, trailer });
        const document = await expectError(response, 400, "InvalidRequest");
        expect(elements(document, "Message")).toEqual([
          "Value for x-amz-checksum-crc32 trailing header is invalid.",
        ]);
      }
      await expectNothingKept(bucket);
    },
  );

  test.for([
    {
      because: "one changed byte of a signed chunk",
      code: "SignatureDoesNotMatch",
      status: 403,
      upload: {
        mode: MODES[0],
        tamper: (framed: Buffer<ArrayBuffer>) =>
          Buffer.from(framed.with(200, framed[200] === 0 ? 1 : 0)),
      },
    },
    {
      because: "a changed trailer that is signed",
      code: "SignatureDoesNotMatch",
      status: 403,
      upload: {
        mode: MODES[1],
        trailer: right,
        tamper: (framed: Buffer<ArrayBuffer>) =>
          Buffer.from(framed.toString("latin1").replace(right[1], "AAAAAA=="), "latin1"),
      },
    },
    {
      because: "an end that is cut off",
      code: "IncompleteBody",
      status: 400,
      upload: {
        mode: MODES[2],
        trailer: right,
        tamper: (framed: Buffer<ArrayBuffer>) => framed.subarray(0, -60),
      },
    },
    {
      because: "something behind the end",
      code: "IncompleteBody",
      status: 400,
      upload: {
        mode: MODES[2],
        trailer: right,
        tamper: (framed: Buffer<ArrayBuffer>) => Buffer.concat([framed, Buffer.from("more\r\n")]),
      },
    },
    {
      because: "a chunk size that is none",
      code: "IncompleteBody",
      status: 400,
      upload: {
        mode: MODES[2],
        trailer: right,
        tamper: (framed: Buffer<ArrayBuffer>) => Buffer.concat([Buffer.from("zz\r\n"), framed]),
      },
    },
    {
      because: "a wrong decoded length",
      code: "IncompleteBody",
      status: 400,
      upload: { mode: MODES[2], trailer: right, headers: { "x-amz-decoded-content-length": "20" } },
    },
    {
      because: "no decoded length",
      code: "MissingContentLength",
      status: 411,
      upload: { mode: MODES[2], trailer: right, headers: { "x-amz-decoded-content-length": "" } },
    },
  ])("with $because is $code, and nothing is kept", async ({ upload, code, status }) => {
    const bucket = await uniqueBucket();
    await expectError(await put(bucket, { chunks, ...upload }), status, code);
    await expectNothingKept(bucket);
  });
});

test.for(VECTORS.helloWorld)("a right $algorithm in a trailer is kept", async (vector) => {
  const bucket = await uniqueBucket();
  const name = `x-amz-checksum-${vector.algorithm.toLowerCase()}`;
  const value = Buffer.from(vector.expected, "hex").toString("base64");
  const response = await put(bucket, {
    mode: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    chunks: [Buffer.from("Hello world")],
    trailer: [name, value],
  });
  expect(response.status, await response.text()).toBe(200);
  expect(response.headers.get(name)).toBe(value);
});
