import http from "node:http";
import { json } from "node:stream/consumers";
import { listingAllowance, type ListingResult } from "../test/support/listing-shapes.ts";
import type { Measurement } from "./report.ts";
import { type Server, startWorker } from "./server.ts";

const KEY_COUNT = 1_000_000;

/** Counts, not times: they are the same on every machine, and on Cloudflare's. */
export async function measureListing(): Promise<readonly Measurement[]> {
  await using server = await startWorker("listing-worker.toml", "/");
  const results = await ask(server);
  return results.map((result) => {
    const { name, entries, queries, rowsRead } = result;
    const allowed = listingAllowance(result);
    return {
      name: `${KEY_COUNT} keys: ${name}`,
      figures: { entries, queries, "rows read": rowsRead },
      target: `≤ ${allowed.queries}, ${allowed.rowsRead}`,
      isMet: queries <= allowed.queries && rowsRead <= allowed.rowsRead,
    };
  });
}

async function ask({ host, port }: Server): Promise<readonly ListingResult[]> {
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  http.get({ host, port, path: `/?keys=${KEY_COUNT}` }, resolve).once("error", reject);
  // `json` answers `unknown`; what is read here is what listing-worker.ts wrote.
  return (await json(await promise)) as readonly ListingResult[];
}
