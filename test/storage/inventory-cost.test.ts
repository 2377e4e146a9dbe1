import { expect, test } from "vitest";
import { inventoryPage } from "../../src/storage/bucket-shard/inventory/inventory-page.ts";
import { countSql } from "../support/counting-sql.ts";
import { inShard } from "../support/lifecycle-shard.ts";

test.for([
  [true, 20],
  // Each of the ten older ones is asked whether something is newer.
  [false, 60],
] as const)(
  "a page of a report, of current versions only: %s, reads %d rows at most and writes none",
  ([isOfCurrent, most]) =>
    inShard((shard) => {
      shard.configure({ versioning: { Status: "Enabled" } });
      for (const round of [1, 2])
        for (let i = 0; i < 10; i += 1) shard.put(`k-${i}`, { sizeBytes: round });
      const counting = countSql(shard.sql);
      let rows = 0;
      let after: string | undefined = "";
      while (after !== undefined) {
        const page = inventoryPage(counting.sql, after, "", isOfCurrent);
        rows += page.entries.length;
        after = page.next;
      }
      expect(rows).toBe(isOfCurrent ? 10 : 20);
      const { rowsRead, rowsWritten, openCursors } = counting.cost();
      expect([rowsWritten, openCursors]).toEqual([0, 0]);
      expect(rowsRead).toBeGreaterThanOrEqual(rows);
      expect(rowsRead).toBeLessThanOrEqual(most);
    }),
);
