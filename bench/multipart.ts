import { randomBytes } from "node:crypto";
import { createBucket } from "./cases.ts";
import { type Call, Client } from "./load.ts";
import { putInParts } from "./multipart-upload.ts";
import type { Measurement } from "./report.ts";
import {
  hostOf,
  localCredentials,
  type Server,
  startDisk,
  startLedge,
  startLedgeDev,
  startWorker,
} from "./server.ts";
import { RawSigner } from "../test/support/raw-signer.ts";
import { median, spread } from "./statistics.ts";

const MIB = 1024 * 1024;
const PART = randomBytes(8 * MIB);
const PARTS = 128;
const OBJECT = "/bench/parts";
const CONCURRENCY = 4;
const ROUNDS = 5;

/** Puts the object in parts, or gets it whole. */
interface Contestant {
  readonly name: "npm start" | "npm run dev" | "bare" | "disk";
  readonly put: () => Promise<unknown>;
  readonly get: () => Promise<unknown>;
}

type Seconds = Partial<Record<Contestant["name"], number>>;

/**
 * 1 GiB in parts, and out again in one GET, in rounds that alternate. `npm start` is beside the disk service that its
 * blobs are in, `npm run dev` beside a bare Worker with the same stand-in for R2; both get the parts as objects of their
 * own, and give 1 GiB that was put as one object.
 */
export async function measureMultipart(): Promise<readonly Measurement[]> {
  await using start = await startLedge();
  await using dev = await startLedgeDev();
  await using bare = await startWorker("bare-worker.toml", "/?list");
  await using disk = await startDisk();
  const contestants = [
    await ledge("npm start", start),
    await ledge("npm run dev", dev),
    await plain("bare", bare),
    await plain("disk", disk),
  ];
  return [
    await compare("put 1 GiB in parts of 8 MiB", contestants, ({ put }) => put()),
    await compare("get 1 GiB of parts", contestants, ({ get }) => get()),
  ];
}

async function ledge(name: Contestant["name"], server: Server): Promise<Contestant> {
  const signer = new RawSigner(await localCredentials(), hostOf(server));
  const client = new Client(server, CONCURRENCY);
  await client.once([await createBucket(signer)]);
  return {
    name,
    put: () => putInParts(client, signer, OBJECT, PART, PARTS),
    get: async () => client.once([{ method: "GET", path: await signer.presign("GET", OBJECT) }]),
  };
}

async function plain(name: Contestant["name"], server: Server): Promise<Contestant> {
  const client = new Client(server, CONCURRENCY);
  const whole = Buffer.concat(Array.from({ length: PARTS }, () => PART));
  await client.once([{ method: "PUT", path: "/whole", body: whole }]);
  const puts = Array.from({ length: PARTS }, (_, i): Call => ({
    method: "PUT",
    path: `/part-${i}`,
    body: PART,
  }));
  return {
    name,
    put: () => client.once(puts),
    get: async () => client.once([{ method: "GET", path: "/whole" }]),
  };
}

async function compare(
  name: string,
  contestants: readonly Contestant[],
  transfer: (contestant: Contestant) => Promise<unknown>,
): Promise<Measurement> {
  const order = [...contestants];
  const rounds: Seconds[] = [];
  for (let i = 0; i < ROUNDS; i += 1) {
    const seconds: Seconds = {};
    for (const contestant of order) {
      const startMs = performance.now();
      await transfer(contestant);
      seconds[contestant.name] = (performance.now() - startMs) / 1000;
    }
    rounds.push(seconds);
    // Whoever went first goes last in the next round.
    order.push(...order.splice(0, 1));
  }
  const of = (name: Contestant["name"]) => rounds.map((seconds) => seconds[name] ?? Number.NaN);
  const rate = (name: Contestant["name"]) =>
    `${Math.round((PARTS * PART.byteLength) / MIB / median(of(name)))} MiB/s`;
  const ratio = (name: Contestant["name"], beside: Contestant["name"]) => {
    const others = of(beside);
    return spread(of(name).map((seconds, i) => (others[i] ?? Number.NaN) / seconds));
  };
  const names = contestants.map(({ name }) => name);
  return {
    name,
    figures: {
      ...Object.fromEntries(names.map((name) => [name, rate(name)])),
      "start/disk": ratio("npm start", "disk"),
      "dev/bare": ratio("npm run dev", "bare"),
    },
    target: undefined,
    isMet: undefined,
  };
}
