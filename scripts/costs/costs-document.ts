import { table } from "../operations-document.ts";
import { CLOUDFLARE, type Price, WORKERS_PAID_MONTH } from "./prices.ts";
import {
  CALL_SECONDS,
  countsOf,
  CPU_MS,
  dollarsPerMillion,
  OBJECT_GB,
  type RequestCounts,
} from "./request-costs.ts";
import { monthOf, WORKLOADS } from "./workloads.ts";

/** What N is where a row of docs/scale.md depends on it. */
const N = 10;
const SHARDS = [1, 16] as const;

/** What engines do beside requests, as docs/scale.md tells and its tests count. */
const ENGINES: readonly { readonly what: string; readonly rows: Partial<RequestCounts> }[] = [
  { what: "a version that the lifecycle job looks at", rows: { rowsRead: 1 } },
  { what: "a version that expires", rows: { rowsRead: 9, rowsWritten: 2 } },
  { what: "a version that a delete marker hides", rows: { rowsRead: 4, rowsWritten: 3 } },
  { what: "a version that moves to another class", rows: { rowsRead: 4, rowsWritten: 1 } },
  { what: "a shard that is asked for its metrics", rows: { indexCalls: 1 } },
];

/** docs/costs.md, from the rows of docs/scale.md. */
export function costsPage(rows: ReadonlyMap<string, readonly string[]>): string {
  return `# What it costs

Made by \`npm run docs\` from [what a request costs](scale.md), which is counted by tests, and from prices of 2026-11, which are in \`scripts/costs/prices.ts\` and
nowhere else. No bill has been seen yet. Prices are in dollars; Workers Paid is ${WORKERS_PAID_MONTH} a month and includes what the table says. On Workers Free everything works, to 100,000
requests and 100,000 rows written a day, with 10 ms of CPU time each.

## Prices

${rowsOf(
  ["What", "A million, or one", "Included in a month"],
  Object.values(CLOUDFLARE).map(priceRow),
)}

What goes out to the Internet costs nothing.

## A million requests

In dollars, beyond what is included. For each, ${CPU_MS} ms of CPU time in the Worker, and ${1000 * CALL_SECONDS} ms of ${OBJECT_GB} GB for each call of a Durable Object, are counted; the former is the
[budget of a small request](performance.md), the latter an assumption that a shard with much to do stays far below, as requests share its time. S, the number of shards, is
${SHARDS.join(" or ")}, and N is ${N}. Deletes of R2 are free.

${rowsOf(["Request", ...SHARDS.map((shards) => `S = ${shards}`)], [...rows].map(requestRow))}

And what engines do, a million times:

${rowsOf(["What", "Dollars"], ENGINES.map(engineRow))}

## A month, compared

With S3 (us-east-1, Standard), with R2's own S3 endpoint, which has no versions, locks, policies, or events, and with a machine of two cores and 4 GB whose disk is a quarter larger than
what it holds, on which \`ledge serve\` runs, and which nobody has to be paid for looking after. What each includes is taken off.

${rowsOf(
  ["Month", "Ledge", "R2 alone", "S3", "A machine"],
  WORKLOADS.map((workload) => {
    const { ledge, r2, s3, machine } = monthOf(workload, rows);
    return [workload.name, ...[ledge, r2, s3, machine].map(dollars)];
  }),
)}

${WORKLOADS.map(({ name, tells }) => `- **${name}**: ${tells}.`).join("\n")}

What they show: traffic is what S3 is paid for, and what costs nothing here. Ledge's own part is the request, the call of a shard, and the rows: half a dollar for a million reads. Small objects are written into the
index for less than into R2 (a row is 1.00 a million, an operation of class A 4.50), and kept for more (0.20 against 0.015 a GB-month): a body of 4 KB has used up the difference after half a year, one of 16 KB
after six weeks; \`INLINE_LIMIT_BYTES\` decides. A machine is cheapest where one is enough and little is stored; its disk is one disk.
`;
}

function priceRow({ what, each, included }: Price): string[] {
  const isMonthly = what.startsWith("GB-months");
  const price = isMonthly ? `${each}` : `${round(each * 1e6)} a million`;
  return [what, price, included.toLocaleString("en-US")];
}

function requestRow([name, cells]: readonly [string, readonly string[]]): string[] {
  const costs = SHARDS.map((shards) => dollarsPerMillion(name, countsOf(cells, shards, N)));
  return [name, ...costs.map(dollars)];
}

function engineRow({ what, rows }: (typeof ENGINES)[number]): string[] {
  const { indexCalls = 0, rowsRead = 0, rowsWritten = 0 } = rows;
  const each =
    rowsRead * CLOUDFLARE.rowsRead.each +
    rowsWritten * CLOUDFLARE.rowsWritten.each +
    indexCalls * CLOUDFLARE.objectCalls.each;
  return [what, (each * 1e6).toFixed(3)];
}

const dollars = (amount: number): string => amount.toFixed(2);

function round(value: number): number {
  return Number(value.toPrecision(6));
}

const rowsOf = (...given: Parameters<typeof table>): string => table(...given).trimEnd();
