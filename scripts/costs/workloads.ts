import { CLOUDFLARE, costOf, MACHINE, type Price, S3, WORKERS_PAID_MONTH } from "./prices.ts";
import { CALL_SECONDS, countsOf, CPU_MS, OBJECT_GB } from "./request-costs.ts";

/** A month of somebody's. */
export interface Workload {
  readonly name: string;
  readonly tells: string;
  readonly storedGb: number;
  readonly objects: number;
  /** Bodies in the index, which are small, or in R2. */
  readonly kind: "blob" | "inline";
  readonly puts: number;
  readonly gets: number;
  /** Of pages of 1,000 keys. */
  readonly lists: number;
  readonly sentGb: number;
}

export const WORKLOADS: readonly Workload[] = [
  {
    name: "Backups",
    tells:
      "1 TB in parts of 16 MB, a tenth of which is replaced in the month, and hardly read again",
    storedGb: 1000,
    objects: 62_500,
    kind: "blob",
    puts: 6250,
    gets: 2000,
    lists: 3000,
    sentGb: 32,
  },
  {
    name: "Assets of a site",
    tells: "100 million reads of 50 KB out of 50 GB, 100,000 files replaced",
    storedGb: 50,
    objects: 1_000_000,
    kind: "blob",
    puts: 100_000,
    gets: 100e6,
    lists: 10_000,
    sentGb: 5000,
  },
  {
    name: "Records of devices",
    tells: "20 million new objects of 4 KB, each read once, and listed by the thousand",
    storedGb: 80,
    objects: 20e6,
    kind: "inline",
    puts: 20e6,
    gets: 20e6,
    lists: 40_000,
    sentGb: 80,
  },
];

/** A row of an object, with its key, headers, and the indexes over it. */
const ROW_BYTES = 700;
const GB = 1e9;
const PAGE = 1000;

type Bill = Readonly<Record<string, number>>;

/** What a month of it costs with each, in dollars. */
export function monthOf(
  workload: Workload,
  rows: ReadonlyMap<string, readonly string[]>,
): Readonly<Record<"ledge" | "machine" | "r2" | "s3", number>> {
  return {
    ledge: WORKERS_PAID_MONTH + sum(ledgeCounts(workload, rows), CLOUDFLARE),
    r2: sum(r2Counts(workload), CLOUDFLARE),
    s3: sum(s3Counts(workload), S3),
    machine: sum(machineCounts(workload), MACHINE),
  };
}

function sum(counts: Bill, prices: Readonly<Record<string, Price>>): number {
  return Object.entries(counts).reduce((all, [name, count]) => {
    const price = prices[name];
    if (price === undefined) throw new Error(`there is no price for ${name}`);
    return all + costOf(price, count);
  }, 0);
}

/** By the rows of docs/scale.md. */
function ledgeCounts(
  { storedGb, objects, kind, puts, gets, lists }: Workload,
  rows: ReadonlyMap<string, readonly string[]>,
): Bill {
  const row = (name: string, n = 0) => countsOf(rows.get(name) ?? missing(name), 1, n);
  const put = row(`PutObject, ${kind}, new key`);
  const get = row(`GetObject, ${kind}`);
  const list = row("ListObjectsV2, N keys of more", PAGE);
  const requests = puts + gets + lists;
  const total = (count: "indexCalls" | "r2Operations" | "rowsRead" | "rowsWritten"): number =>
    puts * put[count] + gets * get[count] + lists * list[count];
  const calls = total("indexCalls");
  const inRows = (objects * ROW_BYTES) / GB + (kind === "inline" ? storedGb : 0);
  return {
    requests,
    cpuMs: requests * CPU_MS,
    objectCalls: calls,
    objectGbSeconds: calls * CALL_SECONDS * OBJECT_GB,
    rowsRead: total("rowsRead"),
    rowsWritten: total("rowsWritten"),
    rowGbMonths: inRows,
    r2Writes: puts * put.r2Operations,
    r2Reads: gets * get.r2Operations,
    r2GbMonths: kind === "blob" ? storedGb : 0,
  };
}

function missing(name: string): never {
  throw new Error(`docs/scale.md has no row "${name}"`);
}

function r2Counts({ storedGb, puts, gets, lists }: Workload): Bill {
  return { r2Writes: puts + lists, r2Reads: gets, r2GbMonths: storedGb };
}

function s3Counts({ storedGb, puts, gets, lists, sentGb }: Workload): Bill {
  return { writes: puts + lists, reads: gets, gbMonths: storedGb, sentGb };
}

function machineCounts({ storedGb, sentGb }: Workload): Bill {
  // A disk is not filled to the brim.
  return { months: 1, gbMonths: storedGb * 1.25, sentGb };
}
