/**
 * What is paid for, in dollars, as of 2026-11. The one place where prices stand; docs/costs.md is made from here.
 *
 * Sources: https://developers.cloudflare.com/workers/platform/pricing/, https://developers.cloudflare.com/durable-objects/platform/pricing/,
 * https://developers.cloudflare.com/r2/pricing/, https://developers.cloudflare.com/kv/platform/pricing/, https://aws.amazon.com/s3/pricing/
 * (us-east-1, Standard), https://docs.digitalocean.com/products/droplets/details/pricing
 */

/** Of something that is counted: what a month's first ones cost nothing, and what the others do. */
export interface Price {
  readonly what: string;
  /** Each, in dollars. */
  readonly each: number;
  /** In each month. */
  readonly included: number;
}

const MILLION = 1e6;

export const CLOUDFLARE = {
  requests: { what: "requests of the Worker", each: 0.3 / MILLION, included: 10e6 },
  cpuMs: { what: "milliseconds of the Worker's CPU time", each: 0.02 / MILLION, included: 30e6 },
  objectCalls: { what: "calls of Durable Objects", each: 0.15 / MILLION, included: 1e6 },
  objectGbSeconds: {
    what: "GB-seconds of Durable Objects, which have 0.128 GB, while they work",
    each: 12.5 / MILLION,
    included: 400_000,
  },
  rowsRead: { what: "rows read", each: 0.001 / MILLION, included: 25e9 },
  rowsWritten: { what: "rows written", each: 1 / MILLION, included: 50e6 },
  rowGbMonths: { what: "GB-months of rows", each: 0.2, included: 5 },
  kvReads: { what: "reads of KV", each: 0.5 / MILLION, included: 10e6 },
  kvWrites: { what: "writes of KV", each: 5 / MILLION, included: 1e6 },
  r2Writes: { what: "class A operations of R2: put, list", each: 4.5 / MILLION, included: 1e6 },
  r2Reads: { what: "class B operations of R2: get, head", each: 0.36 / MILLION, included: 10e6 },
  r2GbMonths: { what: "GB-months of R2", each: 0.015, included: 10 },
} as const satisfies Readonly<Record<string, Price>>;

/** Workers Paid, which all of the above goes with. */
export const WORKERS_PAID_MONTH = 5;

export const S3 = {
  writes: { what: "PUT, COPY, POST, LIST", each: 5 / MILLION, included: 0 },
  reads: { what: "GET and others", each: 0.4 / MILLION, included: 0 },
  gbMonths: { what: "GB-months, of the first 50 TB", each: 0.023, included: 0 },
  sentGb: { what: "GB sent to the Internet, of the first 10 TB", each: 0.09, included: 100 },
} as const satisfies Readonly<Record<string, Price>>;

/** A virtual machine with two shared cores and 4 GB, and a disk of the size that is needed. */
export const MACHINE = {
  months: { what: "months of the machine", each: 24, included: 0 },
  gbMonths: { what: "GB-months of its disk", each: 0.1, included: 0 },
  sentGb: { what: "GB sent", each: 0.01, included: 4000 },
} as const satisfies Readonly<Record<string, Price>>;

export function costOf({ each, included }: Price, count: number): number {
  return Math.max(0, count - included) * each;
}
