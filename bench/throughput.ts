import { type Case, cases, createBucket, type Side } from "./cases.ts";
import { Client } from "./load.ts";
import type { Measurement } from "./report.ts";
import { median, spread } from "./statistics.ts";
import {
  hostOf,
  localCredentials,
  type Server,
  startLedge,
  startLedgeDev,
  startWorker,
} from "./server.ts";
import { type Credentials, RawSigner } from "../test/support/raw-signer.ts";

const ROUNDS = 7;
const WARM_UP_SECONDS = 1;
const MIB = 1024 * 1024;

/** Another S3 server that takes part, where it answers already. */
export interface OtherServer {
  readonly server: Server;
  readonly credentials: Credentials;
}

/** Who takes part: its column's name, and which calls of a case are its own. */
interface Contestant {
  readonly name: "npm start" | "npm run dev" | "bare" | "other";
  readonly server: Server;
  readonly signer: RawSigner;
  readonly side: (one: Case) => Side;
}

/** Calls a second of each contestant, in one round; NaN: it cannot do that. */
type Rates = Partial<Record<Contestant["name"], number>>;

/**
 * Ledge and a bare Worker in front of R2 on the same machine, in short rounds that alternate, so that what else the
 * machine does falls on all. Each round gives one ratio; their median and range are the result.
 * `npm run dev` has the same runtime and the same stand-in for R2 as the bare Worker.
 */
export async function measureThroughput(
  roundSeconds: number,
  namePart: string,
  other: OtherServer | undefined,
): Promise<readonly Measurement[]> {
  await using ledge = await startLedge();
  await using dev = await startLedgeDev();
  await using bare = await startWorker("bare-worker.toml", "/?list");
  const credentials = await localCredentials();
  const s3 = (name: Contestant["name"], server: Server, keys: Credentials): Contestant => ({
    name,
    server,
    signer: new RawSigner(keys, hostOf(server)),
    side: (one) => one.ledge,
  });
  const contestants: Contestant[] = [
    s3("npm start", ledge, credentials),
    s3("npm run dev", dev, credentials),
    ...(other === undefined ? [] : [s3("other", other.server, other.credentials)]),
  ];
  for (const { server, signer } of contestants) {
    const client = new Client(server, 1);
    await client.once([await createBucket(signer)]);
    client.close();
  }
  contestants.push({ ...s3("bare", bare, credentials), side: (one) => one.bare });

  const measurements: Measurement[] = [];
  for (const one of cases().filter(({ name }) => name.includes(namePart)))
    measurements.push(summarize(one, await alternate(one, contestants, roundSeconds)));
  return measurements;
}

/** Runs one round of a case. @returns calls a second */
type Round = (seconds: number) => Promise<number>;

async function prepareRounds(
  { concurrency, isSpent }: Case,
  { prepare, calls }: Side,
  server: Server,
  signer: RawSigner,
): Promise<Round> {
  const client = new Client(server, concurrency);
  const measured = await calls(signer);
  if (!isSpent) {
    await client.once(await prepare(signer));
    return (seconds) => client.repeat(measured, seconds);
  }
  return async () => {
    await client.once(await prepare(signer));
    return client.once(measured);
  };
}

async function alternate(
  one: Case,
  contestants: readonly Contestant[],
  seconds: number,
): Promise<readonly Rates[]> {
  const order: { readonly name: Contestant["name"]; readonly round: Round }[] = [];
  for (const { name, server, signer, side } of contestants) {
    // What another server cannot do, it is not measured by; a failure of ours is one.
    const failed = (error: unknown): number => {
      if (name !== "other") throw error;
      return Number.NaN;
    };
    const prepared = prepareRounds(one, side(one), server, signer).catch(
      (error: unknown) => async () => failed(error),
    );
    const round = await prepared;
    order.push({ name, round: (duration) => round(duration).catch(failed) });
  }
  for (const { round } of order) await round(WARM_UP_SECONDS);
  const rates: Rates[] = [];
  for (let i = 0; i < ROUNDS; i += 1) {
    const rate: Rates = {};
    for (const { name, round } of order) rate[name] = await round(seconds);
    rates.push(rate);
    // Whoever went first goes last in the next round.
    order.push(...order.splice(0, 1));
  }
  return rates;
}

function summarize(one: Case, rates: readonly Rates[]): Measurement {
  const ratesOf = (name: Contestant["name"]) => rates.map((rate) => rate[name] ?? Number.NaN);
  const ratio = (a: Contestant["name"], b: Contestant["name"]) =>
    rates.map((rate) => (rate[a] ?? Number.NaN) / (rate[b] ?? Number.NaN));
  const names = Object.keys(rates[0] ?? {}) as Contestant["name"][];
  const figures = names.toSorted().map((name) => [name, inUnits(one, median(ratesOf(name)))]);
  const start = ratio("npm start", "bare");
  const dev = ratio("npm run dev", "bare");
  const { target } = one;
  return {
    name: one.name,
    figures: {
      ...Object.fromEntries(figures),
      "start/bare": spread(start),
      "dev/bare": spread(dev),
      ...(names.includes("other") && { "start/other": spread(ratio("npm start", "other")) }),
    },
    target: target === undefined ? undefined : `≥ ${target.toFixed(1)}`,
    isMet: target === undefined ? undefined : median(start) >= target && median(dev) >= target,
  };
}

function inUnits({ bytes }: Case, callsPerSecond: number): string {
  if (Number.isNaN(callsPerSecond)) return "-";
  return bytes !== undefined && bytes >= MIB
    ? `${Math.round((callsPerSecond * bytes) / MIB)} MiB/s`
    : `${Math.round(callsPerSecond)} /s`;
}
