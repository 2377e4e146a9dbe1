import type { BucketRecord } from "../ports/bucket-directory.ts";

/** What is in the column `growth` of a bucket, as JSON; NULL: it has never grown. */
export interface StoredGrowth {
  /** How often it has begun to grow. */
  readonly epoch: number;
  /** To how many shards it grows; absent: it does not now. */
  readonly to?: number;
  /** The old shards that have given away all that moves. */
  readonly moved?: readonly number[];
}

export function readGrowth(column: string): StoredGrowth {
  return JSON.parse(column) as StoredGrowth;
}

/** What gateways are told of it. */
export function toldGrowth(column: string): NonNullable<BucketRecord["growth"]> {
  const { epoch, to } = readGrowth(column);
  return { epoch, ...(to !== undefined && { to }) };
}
