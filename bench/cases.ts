import { createHash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Call } from "./load.ts";
import type { RawSigner } from "../test/support/raw-signer.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const TRAILER_CHUNK_BYTES = 64 * KIB;

const BUCKET = "/bench";
const ONE_PAGE = 1000;

/** One thing to measure, the same effect on both servers. */
export interface Case {
  readonly name: string;
  readonly concurrency: number;
  /** Bytes that one call moves; undefined: the figure is calls a second only. */
  readonly bytes: number | undefined;
  /** What the ratio Ledge/bare is to reach; undefined: it is only shown. */
  readonly target: number | undefined;
  /** The calls use up what `prepare` made: prepared anew for each round, and each sent once. */
  readonly isSpent: boolean;
  readonly ledge: Side;
  readonly bare: Side;
}

/** Made before the rounds of a case, so that signing is not measured. The bare Worker wants no signature. */
type Calls = (signer: RawSigner) => Promise<readonly Call[]>;

export interface Side {
  readonly prepare: Calls;
  readonly calls: Calls;
}

interface Size {
  readonly label: string;
  readonly bytes: number;
  readonly keys: number;
  readonly concurrency: number;
}

const SIZES: readonly Size[] = [
  { label: "1 KiB", bytes: KIB, keys: 500, concurrency: 16 },
  { label: "64 KiB", bytes: 64 * KIB, keys: 300, concurrency: 16 },
  { label: "10 MiB", bytes: 10 * MIB, keys: 12, concurrency: 4 },
];

/** What the design promises; nothing is promised between small and large. */
const TARGETS: Readonly<Record<string, number>> = {
  "put 1 KiB": 1,
  "put 1 KiB, signed payload": 1,
  "put 1 KiB, CRC32 trailer": 1,
  "get 1 KiB": 1,
  "get 10 MiB": 0.9,
  "put 10 MiB, signed payload": 0.8,
  "put 10 MiB, CRC32 trailer": 0.6,
};

export async function createBucket(signer: RawSigner): Promise<Call> {
  return { method: "PUT", path: await signer.presign("PUT", BUCKET) };
}

export function cases(): readonly Case[] {
  return [...SIZES.flatMap(objectCases), listCase()];
}

function objectCases(size: Size): readonly Case[] {
  const { label, bytes, keys, concurrency } = size;
  const body = randomBytes(bytes);
  const hash = createHash("sha256").update(body).digest("hex");
  const framed = withCrc32Trailer(body);
  const names = Array.from({ length: keys }, (_, i) => `${bytes}-${i}`);

  const bare =
    (method: string, content?: Buffer): Calls =>
    async () =>
      names.map((name) => ({ method, path: `/${name}`, ...(content && { body: content }) }));
  const presigned =
    (method: string, content?: Buffer): Calls =>
    (signer) =>
      forEach(names, async (name) => ({
        method,
        path: await signer.presign(method, `${BUCKET}/${name}`),
        ...(content && { body: content }),
      }));
  const signedPut: Calls = (signer) =>
    forEach(names, async (name) => {
      const path = `${BUCKET}/${name}`;
      return { method: "PUT", path, headers: await signer.sign("PUT", path, hash), body };
    });
  const trailerPut: Calls = (signer) =>
    forEach(names, async (name) => {
      const path = `${BUCKET}/${name}`;
      const headers = await signer.sign("PUT", path, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", {
        "content-encoding": "aws-chunked",
        "x-amz-decoded-content-length": String(bytes),
        "x-amz-trailer": "x-amz-checksum-crc32",
      });
      return { method: "PUT", path, headers, body: framed };
    });

  const nothing: Calls = async () => [];
  const barePut = bare("PUT", body);
  const ledgePut = presigned("PUT", body);
  const common = { concurrency, bytes, isSpent: false };
  const put = (name: string, calls: Calls): Case => ({
    ...common,
    name,
    target: TARGETS[name],
    ledge: { prepare: nothing, calls },
    bare: { prepare: nothing, calls: barePut },
  });
  return [
    put(`put ${label}`, ledgePut),
    put(`put ${label}, signed payload`, signedPut),
    put(`put ${label}, CRC32 trailer`, trailerPut),
    {
      ...common,
      name: `get ${label}`,
      target: TARGETS[`get ${label}`],
      ledge: { prepare: ledgePut, calls: presigned("GET") },
      bare: { prepare: barePut, calls: bare("GET") },
    },
    {
      ...common,
      name: `head ${label}`,
      target: undefined,
      bytes: undefined,
      ledge: { prepare: ledgePut, calls: presigned("HEAD") },
      bare: { prepare: barePut, calls: bare("HEAD") },
    },
    {
      ...common,
      name: `delete ${label}`,
      target: undefined,
      bytes: undefined,
      isSpent: true,
      ledge: { prepare: ledgePut, calls: presigned("DELETE") },
      bare: { prepare: barePut, calls: bare("DELETE") },
    },
  ];
}

function listCase(): Case {
  const body = randomBytes(16);
  const names = Array.from({ length: ONE_PAGE }, (_, i) => `list-${i}`);
  const query = { "list-type": "2" };
  return {
    name: `list ${ONE_PAGE} keys`,
    concurrency: 4,
    bytes: undefined,
    target: undefined,
    isSpent: false,
    ledge: {
      prepare: (signer) =>
        forEach(names, async (name) => {
          const path = await signer.presign("PUT", `${BUCKET}/${name}`);
          return { method: "PUT", path, body };
        }),
      calls: async (signer) => [
        { method: "GET", path: await signer.presign("GET", BUCKET, query) },
      ],
    },
    bare: {
      prepare: async () => names.map((name) => ({ method: "PUT", path: `/${name}`, body })),
      calls: async () => [{ method: "GET", path: "/?list" }],
    },
  };
}

function forEach(
  names: readonly string[],
  callOf: (name: string) => Promise<Call>,
): Promise<readonly Call[]> {
  return Promise.all(names.map(callOf));
}

/** `aws-chunked` framing as SDKs send it by default over HTTPS: unsigned chunks, then the checksum. */
export function withCrc32Trailer(body: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.byteLength; at += TRAILER_CHUNK_BYTES) {
    const chunk = body.subarray(at, at + TRAILER_CHUNK_BYTES);
    pieces.push(Buffer.from(`${chunk.byteLength.toString(16)}\r\n`), chunk, Buffer.from("\r\n"));
  }
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  const trailer = `0\r\nx-amz-checksum-crc32:${checksum.toString("base64")}\r\n\r\n`;
  return Buffer.concat([...pieces, Buffer.from(trailer)]);
}
