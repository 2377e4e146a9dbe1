import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { fillObjects, listingAllowance, measureListings } from "../support/listing-shapes.ts";

test("a page costs what it returns, however many keys there are", async () => {
  const shard = env.BUCKET_INDEX.getByName("listing-cost/0");
  for (const keyCount of [4000, 20_000]) {
    const results = await runInDurableObject(shard, (_, { storage: { sql } }) => {
      sql.exec("DELETE FROM object");
      fillObjects(sql, keyCount);
      return measureListings(sql, keyCount);
    });
    expect(results.map(({ entries }) => entries)).toEqual([1, keyCount / 1000, 1000, 1000]);
    for (const result of results) {
      const { queries, rowsRead } = listingAllowance(result);
      expect(result.queries, result.name).toBeLessThanOrEqual(queries);
      expect(result.rowsRead, result.name).toBeLessThanOrEqual(rowsRead);
    }
  }
});
