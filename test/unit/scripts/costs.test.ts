import { expect, test } from "vitest";
import costsMd from "../../../docs/costs.md?raw";
import scaleMd from "../../../docs/scale.md?raw";
import { costsPage } from "../../../scripts/costs/costs-document.ts";
import { CLOUDFLARE, costOf } from "../../../scripts/costs/prices.ts";
import { countsOf, dollarsPerMillion, readCounts } from "../../../scripts/costs/request-costs.ts";
import { monthOf, WORKLOADS } from "../../../scripts/costs/workloads.ts";

const rows = readCounts(scaleMd);

function dollarsOf(name: string, shards = 1, n = 10): number {
  return dollarsPerMillion(name, countsOf(rows.get(name) ?? [], shards, n));
}

test("docs/costs.md follows from docs/scale.md and the prices; npm run docs writes it", () => {
  expect(costsMd).toBe(costsPage(rows));
});

// By hand: request, CPU time, calls of Durable Objects and their time, rows, R2.
test.for([
  { name: "GetObject, inline", dollars: 0.3 + 0.04 + 0.15 + 0.008 + 0.002 },
  { name: "GetObject, blob", dollars: 0.3 + 0.04 + 0.15 + 0.008 + 0.001 + 0.36 },
  { name: "PutObject, inline, new key", dollars: 0.3 + 0.04 + 0.15 + 0.008 + 0.001 + 2 },
  { name: "PutObject, blob, new key", dollars: 0.3 + 0.04 + 0.15 + 0.008 + 2 + 4.5 },
  { name: "GetObject of a public lane, cached", dollars: 0.6 + 0.04 },
])("a million of $name is what the bill would be", ({ name, dollars }) => {
  expect(dollarsOf(name)).toBeCloseTo(dollars, 9);
});

test("a listing costs a call for each shard", () => {
  const name = "ListObjectsV2, N keys, the last";
  expect(dollarsOf(name, 16) - dollarsOf(name)).toBeCloseTo(15 * (0.15 + 0.008), 9);
});

test("what a month includes costs nothing, and what is beyond costs its price", () => {
  expect(costOf(CLOUDFLARE.r2Reads, 10e6)).toBe(0);
  expect(costOf(CLOUDFLARE.r2Reads, 11e6)).toBeCloseTo(0.36, 9);
});

test("the months that are compared come out as by hand", () => {
  const [backups, assets] = WORKLOADS.map((workload) => monthOf(workload, rows));
  // All that is not storage is included; the plan, and 990 GB beyond the first ten.
  expect(backups?.ledge).toBeCloseTo(5 + 990 * 0.015, 2);
  expect(backups?.s3).toBeCloseTo(1000 * 0.023 + 9250 * 5e-6 + 2000 * 0.4e-6, 6);
  expect(assets?.s3).toBeCloseTo(50 * 0.023 + 110_000 * 5e-6 + 100e6 * 0.4e-6 + 4900 * 0.09, 6);
  expect(assets?.r2).toBeCloseTo(40 * 0.015 + 90 * 0.36, 6);
  expect(assets?.machine).toBeCloseTo(24 + 62.5 * 0.1 + 1000 * 0.01, 6);
});
