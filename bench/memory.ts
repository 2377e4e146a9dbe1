import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import { pipeline } from "node:stream/promises";
import { crc32 } from "node:zlib";
import { BARE_API, s3Api } from "./api.ts";
import { type Contestant, makeBucket } from "./cases.ts";
import { Client } from "./load.ts";
import { putInParts } from "./multipart-upload.ts";
import { canSeeProcesses, usageOf } from "./processes.ts";
import { buildPackage, CREDENTIALS, LEDGE_DEV, ledgeServe, wranglerDev } from "./programs.ts";
import type { Measurement, Table } from "./report.ts";
import { hostOf, type Program, type Server, startServer } from "./server.ts";
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
 * How much the resident memory of a server's processes rises while 3 GiB pass through, from a generator and into nothing.
 * Under wrangler, its stand-in for R2 is among them: the bare Worker shows what that takes.
 */
export async function measureMemory(): Promise<readonly Table[]> {
  if (!canSeeProcesses("memory")) return [];
  buildPackage();
  const measurements = [
    ...(await measureLedge("ledge serve", ledgeServe("node"), MAX_RISE_MIB)),
    ...(await measureLedge("npm run dev", LEDGE_DEV, undefined)),
    ...(await measureBare()),
  ];
  return [{ title: "Memory while 3 GiB pass through", measurements }];
}

async function measureLedge(
  name: string,
  program: Program,
  maxRiseMib: number | undefined,
): Promise<readonly Measurement[]> {
  await using server = await startServer(program);
  const signer = new RawSigner(CREDENTIALS, hostOf(server));
  const contestant: Contestant = { name, server, api: (bucket) => s3Api(signer, bucket) };
  await makeBucket(contestant);
  return await measureAll(name, server, await ledgeTransfers(signer), maxRiseMib);
}

async function measureBare(): Promise<readonly Measurement[]> {
  await using server = await startServer(wranglerDev("bare-worker.toml", "/?list"));
  const transfers = await Promise.all(
    (["PUT", "GET"] as const).map(async (method) =>
      inOneRequest(method.toLowerCase(), { ...(await BARE_API.call(method, "large")), method }),
    ),
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
  const parts = "parts";
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
        const api = s3Api(signer, "bench");
        await putInParts(new Client(server, 4), api, parts, PART, SIZE_BYTES / PART.byteLength);
      },
    },
    inOneRequest("get of parts", {
      method: "GET",
      path: await signer.presign("GET", `/bench/${parts}`),
    }),
  ];
}

function inOneRequest(name: string, request: OneRequest): Transfer {
  return { name, send: (server) => run(server, request) };
}

async function measure(server: Server, transfer: Transfer) {
  const resident = (): number => usageOf(server.pid).residentMib;
  const before = resident();
  let peak = before;
  const sampler = setInterval(() => (peak = Math.max(peak, resident())), SAMPLE_MS);
  const startMs = performance.now();
  try {
    await transfer.send(server);
  } finally {
    clearInterval(sampler);
  }
  const seconds = (performance.now() - startMs) / 1000;
  return {
    "before MiB": Math.round(before),
    "rise MiB": Math.round(peak - before),
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
