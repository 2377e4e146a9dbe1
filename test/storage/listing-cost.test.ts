import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { fillShard, measureListings } from "../support/listing-shapes.ts";

test("a page costs what it returns, however many keys there are, and leaves no cursor open", async () => {
  const shard = env.BUCKET_INDEX.getByName("listing-cost/0");
  for (const keyCount of [4000, 20_000]) {
    const results = await runInDurableObject(shard, (_, { storage: { sql } }) => {
      sql.exec("DELETE FROM object");
      sql.exec("DELETE FROM upload");
      fillShard(sql, keyCount);
      return measureListings(sql, keyCount);
    });
    const folders = keyCount / 1000;
    expect(results.map(({ entries }) => entries)).toEqual([
      ...[1, folders, folders, folders],
      ...[1000, 1000, 1000, 1000],
    ]);
    for (const { name, cost, allowed } of results) {
      expect(cost.queries, name).toBeLessThanOrEqual(allowed.queries);
      expect(cost.rowsRead, name).toBeLessThanOrEqual(allowed.rowsRead);
      expect(cost.openCursors, name).toBe(0);
    }
  }
});
