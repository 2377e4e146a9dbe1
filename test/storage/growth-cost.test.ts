import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { NO_CONDITIONS } from "../../src/protocol/write-conditions.ts";
import type { BucketRecord } from "../../src/storage/ports/bucket-directory.ts";
import { shardOfKey } from "../../src/storage/wire/slots.ts";
import { indexOf } from "../support/bucket-record.ts";
import { beginToGrow, growUp } from "../support/growth.ts";
import { installMeter, type RequestCost } from "../support/request-meter.ts";
import { draftOf, makeBucket, putBlob, startClock } from "../support/shards.ts";

let meter: Awaited<ReturnType<typeof installMeter>>;
beforeAll(async () => {
  meter = await installMeter();
});
afterAll(() => meter.remove());

beforeEach(startClock);
afterEach(() => void vi.useRealTimers());

/** Keys that move, or stay, when a bucket of one shard gets two. */
function keysOf(count: number, shard: number): string[] {
  const keys: string[] = [];
  for (let i = 0; keys.length < count; i += 1)
    if (shardOfKey(`key-${i}`, 2) === shard) keys.push(`key-${i}`);
  return keys;
}

type Put = (bucket: BucketRecord, key: string) => Promise<unknown>;

const putInline: Put = (bucket, key) => {
  const content = { kind: "inline", bytes: new Uint8Array(4) } as const;
  return indexOf(bucket).commit(key, draftOf(content, 4), NO_CONDITIONS);
};

/** What the growth of a bucket costs that has these, from the first look to the record that ends it. */
async function costOf(keys: readonly string[], put: Put): Promise<RequestCost> {
  const bucket = await makeBucket();
  await Promise.all(keys.map((key) => put(bucket, key)));
  const growing = await beginToGrow(bucket, 2);
  meter.reset();
  await growUp(growing);
  return meter.cost();
}

// What docs/scale.md says.
test.for<{ name: string; shard: number; put: Put; rowsRead: number; rowsWritten: number }>([
  { name: "an inline object", shard: 1, put: putInline, rowsRead: 8, rowsWritten: 4 },
  {
    name: "an object that is a blob",
    shard: 1,
    put: (bucket, key) => putBlob(indexOf(bucket), key, "body"),
    rowsRead: 7,
    rowsWritten: 8,
  },
  { name: "an object that stays", shard: 0, put: putInline, rowsRead: 2, rowsWritten: 0 },
])("a growth costs so much for $name", async ({ shard, put, rowsRead, rowsWritten }) => {
  const few = await costOf(keysOf(20, shard), put);
  const many = await costOf(keysOf(40, shard), put);
  expect({
    rowsRead: (many.rowsRead - few.rowsRead) / 20,
    rowsWritten: (many.rowsWritten - few.rowsWritten) / 20,
    calls: many.index - few.index,
  }).toEqual({ rowsRead, rowsWritten, calls: 0 });
});
