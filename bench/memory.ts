import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import { pipeline } from "node:stream/promises";
import { crc32 } from "node:zlib";
import { createBucket } from "./cases.ts";
import { Client } from "./load.ts";
import { putInParts } from "./multipart-upload.ts";
import { canSeeProcesses, workerdProcesses } from "./processes.ts";
import type { Measurement } from "./report.ts";
import {
  hostOf,
  localCredentials,
  type Server,
  startLedge,
  startLedgeDev,
  startWorker,
} from "./server.ts";
import { RawSigner } from "../test/support/raw-signer.ts";

const MIB = 1024 * 1024;
const CHUNK = randomBytes(MIB);
const CHUNKS = 3 * 1024;
const PART = randomBytes(8 * MIB);
const SIZE_BYTES = CHUNKS * MIB;

const SAMPLE_MS = 100;
const MAX_RISE_MIB = 150;

/** Something that moves `SIZE_BYTES`. */
interface Transfer {
  readonly name: string;
  readonly send: (server: Server) => Promise<void>;
}

/** All of them in one request. */
interface OneRequest {
  readonly method: "PUT" | "GET";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Goes before and after each chunk, and after the last. */
  readonly framing?: { before: Buffer; after: Buffer; last: Buffer };
}

/**
 * How much the resident memory of the workerd processes rises while 3 GiB pass through, from a generator and into
 * nothing. Under wrangler, its stand-in for R2 is in the same process: the bare Worker shows what that takes.
 */
export async function measureMemory(): Promise<readonly Measurement[]> {
  if (!canSeeProcesses("memory")) return [];
  return [
    ...(await measureLedge("npm start", startLedge, MAX_RISE_MIB)),
    ...(await measureLedge("npm run dev", startLedgeDev, undefined)),
    ...(await measureBare()),
  ];
}

async function measureLedge(
  label: string,
  startServer: () => Promise<Server>,
  maxRiseMib: number | undefined,
): Promise<readonly Measurement[]> {
  await using server = await startServer();
  const signer = new RawSigner(await localCredentials(), hostOf(server));
  const client = new Client(server, 1);
  await client.once([await createBucket(signer)]);
  client.close();
  return await measureAll(label, server, await ledgeTransfers(signer), maxRiseMib);
}

async function measureBare(): Promise<readonly Measurement[]> {
  await using server = await startWorker("bare-worker.toml", "/?list");
  const transfers = (["PUT", "GET"] as const).map((method) =>
    inOneRequest(method.toLowerCase(), { method, path: "/large" }),
  );
  return await measureAll("bare Worker", server, transfers, undefined);
}

async function measureAll(
  label: string,
  server: Server,
  transfers: readonly Transfer[],
  maxRiseMib: number | undefined,
): Promise<readonly Measurement[]> {
  const measurements: Measurement[] = [];
  for (const transfer of transfers) {
    const figures = await measure(server, transfer);
    measurements.push({
      name: `${label}: ${transfer.name}`,
      figures,
      target: maxRiseMib === undefined ? undefined : `< ${maxRiseMib} MiB`,
      isMet: maxRiseMib === undefined ? undefined : figures["rise MiB"] < maxRiseMib,
    });
  }
  return measurements;
}

async function ledgeTransfers(signer: RawSigner): Promise<readonly Transfer[]> {
  const path = "/bench/large";
  const parts = "/bench/parts";
  const trailer = {
    "content-encoding": "aws-chunked",
    "x-amz-decoded-content-length": String(SIZE_BYTES),
    "x-amz-trailer": "x-amz-checksum-crc32",
  };
  return [
    inOneRequest("put", { method: "PUT", path: await signer.presign("PUT", path) }),
    inOneRequest("get", { method: "GET", path: await signer.presign("GET", path) }),
    inOneRequest("put, signed payload", {
      method: "PUT",
      path,
      headers: await signer.sign("PUT", path, contentSha256Hex()),
    }),
    inOneRequest("put, CRC32 trailer", {
      method: "PUT",
      path,
      headers: await signer.sign("PUT", path, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", trailer),
      framing: {
        before: Buffer.from(`${MIB.toString(16)}\r\n`),
        after: Buffer.from("\r\n"),
        last: Buffer.from(`0\r\nx-amz-checksum-crc32:${contentCrc32()}\r\n\r\n`),
      },
    }),
    {
      name: "put of parts, 4 at a time",
      async send(server) {
        const client = new Client(server, 4);
        await putInParts(client, signer, parts, PART, SIZE_BYTES / PART.byteLength);
        client.close();
      },
    },
    inOneRequest("get of parts", { method: "GET", path: await signer.presign("GET", parts) }),
  ];
}

function inOneRequest(name: string, request: OneRequest): Transfer {
  return { name, send: (server) => run(server, request) };
}

async function measure(server: Server, transfer: Transfer) {
  const before = residentBytes(server.pid);
  let peak = before;
  const sampler = setInterval(() => (peak = Math.max(peak, residentBytes(server.pid))), SAMPLE_MS);
  const startMs = performance.now();
  try {
    await transfer.send(server);
  } finally {
    clearInterval(sampler);
  }
  const seconds = (performance.now() - startMs) / 1000;
  return {
    "before MiB": Math.round(before / MIB),
    "rise MiB": Math.round((peak - before) / MIB),
    "MiB/s": Math.round(SIZE_BYTES / MIB / seconds),
  };
}

async function run({ host, port }: Server, request: OneRequest): Promise<void> {
  const { method, path, headers, framing } = request;
  const frameBytes =
    framing === undefined ? 0 : framing.before.byteLength + framing.after.byteLength;
  const length = SIZE_BYTES + CHUNKS * frameBytes + (framing?.last.byteLength ?? 0);
  const outgoing = http.request({
    ...{ host, port, method, path, agent: false },
    headers: { ...headers, ...(method === "PUT" && { "content-length": length }) },
  });
  const answered = once(outgoing, "response") as Promise<[http.IncomingMessage]>;
  const sent = pipeline(method === "PUT" ? content(framing) : [], outgoing);
  // A refusal may come before the body has gone out.
  const [response] = await Promise.race([answered, sent.then(() => answered)]);
  let receivedBytes = 0;
  response.on("data", (chunk: Buffer) => (receivedBytes += chunk.byteLength));
  await once(response, "end");
  if (response.statusCode !== 200)
    throw new Error(`${method} ${path} answered ${response.statusCode}`);
  if (method === "GET" && receivedBytes !== SIZE_BYTES)
    throw new Error(`${method} ${path} answered ${receivedBytes} bytes`);
}

function* content(framing: OneRequest["framing"]): Generator<Buffer> {
  for (let i = 0; i < CHUNKS; i += 1) {
    if (framing !== undefined) yield framing.before;
    yield CHUNK;
    if (framing !== undefined) yield framing.after;
  }
  if (framing !== undefined) yield framing.last;
}

function contentSha256Hex(): string {
  const hash = createHash("sha256");
  for (let i = 0; i < CHUNKS; i += 1) hash.update(CHUNK);
  return hash.digest("hex");
}

function contentCrc32(): string {
  let value = 0;
  for (let i = 0; i < CHUNKS; i += 1) value = crc32(CHUNK, value);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString("base64");
}

function residentBytes(ancestor: number): number {
  return workerdProcesses(ancestor).reduce((sum, { residentKib }) => sum + residentKib * 1024, 0);
}
