import { expect, test } from "vitest";
import { askShards } from "../../../../src/domain/metrics/ask-shards.ts";
import { ShardGauges } from "../../../../src/domain/metrics/shard-gauges.ts";
import { prometheusText } from "../../../../src/lib/prometheus.ts";
import type { FiguredBucket, FigureSource } from "../../../../src/storage/ports/shard-figures.ts";
import { sampleOf } from "../../../support/prometheus.ts";

/** A deployment of so many buckets of so many shards, which counts how it is asked. */
function deployment(buckets: number, shardCount: number) {
  const asked = { lists: 0, shards: 0, atOnce: 0, mostAtOnce: 0 };
  const all = Array.from({ length: buckets }, (_, i): FiguredBucket => {
    const name = `b-${String(i).padStart(5, "0")}`;
    return { id: name, name, shardCount };
  });
  const source: FigureSource = {
    async listBuckets(prefix, after, limit) {
      asked.lists += 1;
      return all.filter(({ name }) => name.startsWith(prefix) && name > after).slice(0, limit);
    },
    async askShard({ name }, shard) {
      asked.shards += 1;
      asked.atOnce += 1;
      asked.mostAtOnce = Math.max(asked.mostAtOnce, asked.atOnce);
      await Promise.resolve();
      asked.atOnce -= 1;
      if (name === "b-00001") throw new Error("overloaded");
      return name === "b-00002" ? undefined : { outboxPending: 1 + shard, outboxOldestMs: shard };
    },
  };
  return { source, asked };
}

test("shards of many buckets are asked in whole buckets, few at once, and never so many that a request may not", async () => {
  for (const [buckets, shards] of [
    [5000, 1],
    [10, 256],
    [3, 1],
  ] as const) {
    const { source, asked } = deployment(buckets, shards);
    const { told, isMore } = await askShards(source, "");
    expect(asked.shards).toBeLessThanOrEqual(800);
    expect(asked.shards % shards).toBe(0);
    expect(asked.lists).toBe(1);
    expect(asked.mostAtOnce).toBeLessThanOrEqual(16);
    expect(isMore).toBe(buckets * shards > 800);
    expect(told.length).toBeGreaterThan(0);
  }
});

test("a shard that fails, or runs older code, hides none of the others, and what was left out is said", async () => {
  const { source } = deployment(1000, 4);
  const text = prometheusText(await new ShardGauges(source).families("b-0000", 0));
  expect(sampleOf(text, 'ledge_outbox_pending{bucket="b-00000"}')).toBe(10);
  expect(sampleOf(text, 'ledge_outbox_oldest_seconds{bucket="b-00000"}')).toBe(0.003);
  expect(sampleOf(text, 'ledge_outbox_pending{bucket="b-00001"}')).toBeUndefined();
  expect(sampleOf(text, 'ledge_outbox_pending{bucket="b-00002"}')).toBeUndefined();
  expect(sampleOf(text, "ledge_scrape_shards_failed")).toBe(4);
  expect(sampleOf(text, "ledge_scrape_shards")).toBe(32);
  expect(sampleOf(text, "ledge_scrape_is_partial")).toBe(0);
  const all = prometheusText(await new ShardGauges(source).families("", 0));
  expect(sampleOf(all, "ledge_scrape_is_partial")).toBe(1);
});

test("shards are asked every 30 seconds at most, whoever scrapes", async () => {
  const { source, asked } = deployment(3, 2);
  const gauges = new ShardGauges(source);
  for (const nowMs of [1000, 2000, 30_999]) await gauges.families("", nowMs);
  expect(asked.shards).toBe(6);
  await gauges.families("", 31_000);
  expect(asked.shards).toBe(12);
  await gauges.families("b-00000", 31_000);
  expect(asked.shards).toBe(14);
  // The clock was set back.
  await gauges.families("b-00000", 5);
  expect(asked.shards).toBe(16);
});
