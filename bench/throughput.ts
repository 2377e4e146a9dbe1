import { type Case, cases, createBucket, type Side } from "./cases.ts";
import { Client } from "./load.ts";
import type { Measurement } from "./report.ts";
import { localCredentials, type Server, startLedge, startLedgeDev, startWorker } from "./server.ts";
import { Signer } from "./signer.ts";

const ROUNDS = 7;
const WARM_UP_SECONDS = 1;
const MIB = 1024 * 1024;

/** Calls a second of the three servers, in one round or over all. */
interface Rates {
  /** `npm start`. */
  readonly ledge: number;
  /** `npm run dev`: the same runtime and the same stand-in for R2 as the bare Worker's. */
  readonly dev: number;
  readonly bare: number;
}

type Contestant = keyof Rates;
type PerContestant<T> = Readonly<Record<Contestant, T>>;

/**
 * Ledge and a bare Worker in front of R2 on the same machine, in short rounds that alternate, so that what else the
 * machine does falls on all. Each round gives one ratio; their median and range are the result.
 */
export async function measureThroughput(
  roundSeconds: number,
  namePart: string,
): Promise<readonly Measurement[]> {
  await using ledge = await startLedge();
  await using dev = await startLedgeDev();
  await using bare = await startWorker("bare-worker.toml", "/?list");
  const credentials = await localCredentials();
  for (const server of [ledge, dev]) {
    const client = new Client(server, 1);
    await client.once([createBucket(new Signer(credentials, hostOf(server)))]);
    client.close();
  }

  const measurements: Measurement[] = [];
  for (const one of cases().filter(({ name }) => name.includes(namePart))) {
    const prepare = (server: Server, side: Side): Promise<Round> =>
      prepareRounds(one, side, server, new Signer(credentials, hostOf(server)));
    const rounds = {
      ledge: await prepare(ledge, one.ledge),
      dev: await prepare(dev, one.ledge),
      bare: await prepare(bare, one.bare),
    };
    measurements.push(summarize(one, await alternate(rounds, roundSeconds)));
  }
  return measurements;
}

function hostOf({ host, port }: Server): string {
  return `${host}:${port}`;
}

/** Runs one round of a case. @returns calls a second */
type Round = (seconds: number) => Promise<number>;

async function prepareRounds(
  { concurrency, isSpent }: Case,
  { prepare, calls }: Side,
  server: Server,
  signer: Signer,
): Promise<Round> {
  const client = new Client(server, concurrency);
  const measured = calls(signer);
  if (!isSpent) {
    await client.once(prepare(signer));
    return (seconds) => client.repeat(measured, seconds);
  }
  return async () => {
    await client.once(prepare(signer));
    return client.once(measured);
  };
}

async function alternate(rounds: PerContestant<Round>, seconds: number): Promise<readonly Rates[]> {
  const order: Contestant[] = ["ledge", "dev", "bare"];
  for (const contestant of order) await rounds[contestant](WARM_UP_SECONDS);
  const rates: Rates[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const rate = { ledge: 0, dev: 0, bare: 0 };
    for (const contestant of order) rate[contestant] = await rounds[contestant](seconds);
    rates.push(rate);
    // Whoever went first goes last in the next round.
    order.push(...order.splice(0, 1));
  }
  return rates;
}

function summarize(one: Case, rates: readonly Rates[]): Measurement {
  const ledge = rates.map((rate) => rate.ledge / rate.bare);
  const dev = rates.map((rate) => rate.dev / rate.bare);
  const { target } = one;
  return {
    name: one.name,
    figures: {
      "npm start": inUnits(one, median(rates.map((rate) => rate.ledge))),
      "npm run dev": inUnits(one, median(rates.map((rate) => rate.dev))),
      bare: inUnits(one, median(rates.map((rate) => rate.bare))),
      "start/bare": spread(ledge),
      "dev/bare": spread(dev),
    },
    target: target === undefined ? undefined : `≥ ${target.toFixed(1)}`,
    isMet: target === undefined ? undefined : median(ledge) >= target && median(dev) >= target,
  };
}

function inUnits({ bytes }: Case, callsPerSecond: number): string {
  return bytes !== undefined && bytes >= MIB
    ? `${Math.round((callsPerSecond * bytes) / MIB)} MiB/s`
    : `${Math.round(callsPerSecond)} /s`;
}

function spread(ratios: readonly number[]): string {
  const figure = (value: number): string => value.toFixed(2);
  const range = `${figure(Math.min(...ratios))}–${figure(Math.max(...ratios))}`;
  return `${figure(median(ratios))} (${range})`;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
