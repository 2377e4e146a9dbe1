import { takeHolds } from "../contents/holds.ts";
import type { Transaction } from "../transaction.ts";
import { expectKeys } from "./begin-growth.ts";
import { receiveKeys } from "./receive-keys.ts";

/** What shards of a bucket that grows ask of each other, and what gateways ask of how far they are. */
const GROWTH_CALLS = {
  expectKeys,
  receiveKeys,
  takeHolds,
  progress: ({ growth }: Transaction) => growth.progress,
};

type GrowthCalls = typeof GROWTH_CALLS;

export type GrowthCallName = keyof GrowthCalls;

export type GrowthArgs<Name extends GrowthCallName> =
  Parameters<GrowthCalls[Name]> extends [Transaction, ...infer Args] ? Args : never;

export type GrowthValue<Name extends GrowthCallName> = ReturnType<GrowthCalls[Name]>;

export function callGrowth<Name extends GrowthCallName>(
  transaction: Transaction,
  name: Name,
  args: GrowthArgs<Name>,
): GrowthValue<Name> {
  const call = GROWTH_CALLS[name] as unknown as (
    transaction: Transaction,
    ...args: GrowthArgs<Name>
  ) => GrowthValue<Name>;
  return call(transaction, ...args);
}
