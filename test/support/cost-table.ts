import { env } from "cloudflare:workers";
import { evaluate as evaluateFor } from "../../scripts/costs/request-costs.ts";

export { readCounts as readTable } from "../../scripts/costs/request-costs.ts";

const SHARDS = Number(env.INDEX_SHARDS);

/** A cell for so many keys, and for the shards that the tests run with. */
export function evaluate(cell: string, count: number): number {
  return evaluateFor(cell, SHARDS, count);
}
