import http from "node:http";
import { json } from "node:stream/consumers";
import type { ListingResult } from "../test/support/listing-shapes.ts";
import { canSeeProcesses, usageOf } from "./processes.ts";
import { wranglerDev } from "./programs.ts";
import type { Measurement, Table } from "./report.ts";
import { type Server, startServer } from "./server.ts";

const KEY_COUNT = 1_000_000;

/** Some 100 pages take long enough for a clock that ticks every 10 ms. */
const PAGES = 100;

/** CPU time that an entry of a long page may take. */
const MAX_MICROSECONDS = 10;

/**
 * The counts are the same on every machine, and on Cloudflare's; the CPU time is this machine's, of the shard alone: what
 * the merge and the document take comes on top.
 */
export async function measureListing(): Promise<readonly Table[]> {
  await using server = await startServer(wranglerDev("listing-worker.toml", "/"));
  // What is read here is what listing-worker.ts wrote.
  const results = (await ask(server, {})) as readonly ListingResult[];
  const measurements: Measurement[] = [];
  for (const result of results) measurements.push(await measurementOf(server, result));
  return [{ title: "Listing in a shard", measurements }];
}

async function measurementOf(server: Server, result: ListingResult): Promise<Measurement> {
  const { name, entries, cost, allowed } = result;
  const isLong = entries > 1 && canSeeProcesses("listing");
  const microseconds = isLong ? await cpuMicroseconds(server, result) : 0;
  return {
    name: `${KEY_COUNT} keys: ${name}`,
    figures: {
      entries,
      queries: cost.queries,
      "rows read": cost.rowsRead,
      "µs an entry": isLong ? microseconds.toFixed(1) : "",
    },
    target: `≤ ${allowed.queries}, ${allowed.rowsRead}${isLong ? `, ${MAX_MICROSECONDS}` : ""}`,
    isMet:
      cost.queries <= allowed.queries &&
      cost.rowsRead <= allowed.rowsRead &&
      microseconds <= MAX_MICROSECONDS,
  };
}

/** Of an entry. */
async function cpuMicroseconds(server: Server, { name, entries }: ListingResult): Promise<number> {
  const usedBefore = usageOf(server.pid).cpuSeconds;
  await ask(server, { shape: name, times: String(PAGES) });
  return (1e6 * (usageOf(server.pid).cpuSeconds - usedBefore)) / (PAGES * entries);
}

async function ask({ host, port }: Server, query: Record<string, string>): Promise<unknown> {
  const parameters = new URLSearchParams({ keys: String(KEY_COUNT), ...query });
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  http.get({ host, port, path: `/?${parameters.toString()}` }, resolve).once("error", reject);
  return json(await promise);
}
