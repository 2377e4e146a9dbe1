import { CLOUDFLARE } from "./prices.ts";

/** What a request turns to: a row of docs/scale.md, for so many shards and keys. */
export interface RequestCounts {
  readonly indexCalls: number;
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly r2Operations: number;
  readonly directoryCalls: number;
  readonly kvOperations: number;
}

/** Of each request: 2 ms is the budget of a small one (docs/performance.md). */
export const CPU_MS = 2;
/** For how long a call keeps a Durable Object at work, where nobody shares the time. */
export const CALL_SECONDS = 0.005;
export const OBJECT_GB = 0.128;

/** The rows of the first table of docs/scale.md, by their names. */
export function readCounts(scale: string): ReadonlyMap<string, readonly string[]> {
  const [, , ...lines] = scale.split("\n").filter((line) => line.startsWith("|"));
  return new Map(
    lines.map((line) => {
      const [name = "", ...cells] = line.split("|").slice(1, -1);
      return [name.trim(), cells.map((cell) => cell.trim())];
    }),
  );
}

/** @param cells of a row, sums of products of numbers, S and N: `6 S + 1` */
export function countsOf(cells: readonly string[], shards: number, n: number): RequestCounts {
  const [indexCalls = 0, rowsRead = 0, rowsWritten = 0, r2Operations = 0, directoryCalls = 0, kv] =
    cells.map((cell) => evaluate(cell, shards, n));
  return { indexCalls, rowsRead, rowsWritten, r2Operations, directoryCalls, kvOperations: kv ?? 0 };
}

/** A sum of products of numbers, S and N: `6 S + 1`. */
export function evaluate(cell: string, shards: number, n: number): number {
  const valueOf = (factor: string): number =>
    factor === "S" ? shards : factor === "N" ? n : Number(factor);
  const products = cell.split("+").map((term) => term.trim().split(" ").map(valueOf));
  const sum = products.reduce((all, factors) => all + factors.reduce((a, b) => a * b, 1), 0);
  if (Number.isNaN(sum)) throw new Error(`docs/scale.md: "${cell}" is no sum of products`);
  return sum;
}

/** What it turns R2 to: reads for those that read, and writes for all others. */
const READS = /^(?:Get|Head|A page)/;

/** With Workers Cache, the call of the entrypoint behind it is a request as well. */
const CALLS_ENTRYPOINT = /^GetObject of a public lane/;

/** A million such requests, in dollars, beyond what a month includes. */
export function dollarsPerMillion(name: string, counts: RequestCounts): number {
  const { indexCalls, directoryCalls, rowsRead, rowsWritten, r2Operations, kvOperations } = counts;
  const calls = indexCalls + directoryCalls;
  const r2 = READS.test(name) ? CLOUDFLARE.r2Reads : CLOUDFLARE.r2Writes;
  const each =
    (CALLS_ENTRYPOINT.test(name) ? 2 : 1) * CLOUDFLARE.requests.each +
    CPU_MS * CLOUDFLARE.cpuMs.each +
    calls * CLOUDFLARE.objectCalls.each +
    calls * CALL_SECONDS * OBJECT_GB * CLOUDFLARE.objectGbSeconds.each +
    rowsRead * CLOUDFLARE.rowsRead.each +
    rowsWritten * CLOUDFLARE.rowsWritten.each +
    r2Operations * r2.each +
    // What makes it turn to KV changes a bucket.
    kvOperations * CLOUDFLARE.kvWrites.each;
  return each * 1e6;
}
