import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { returnHolds } from "../../src/storage/bucket-shard/jobs/hold-jobs.ts";
import { releasedHolds } from "../../src/storage/bucket-shard/contents/holds.ts";

test("a shard that fails does not keep others from the holds that they gave", async () => {
  const shard = env.BUCKET_INDEX.getByName("return-holds/0");
  const [againMs, left, returned] = await runInDurableObject(shard, async (_, { storage }) => {
    const { sql } = storage;
    for (const home of ["failing/0", "working/0"])
      sql.exec("INSERT INTO released_hold VALUES (?, ?)", `token for ${home}`, `${home}/content`);
    const released: string[] = [];
    const peerOf = (name: string) => ({
      async releaseHolds(tokens: readonly string[]) {
        if (name === "failing/0") throw new Error("the shard was moved");
        released.push(...tokens);
      },
      judgeHolds: async () => ({ known: [], lost: [] }),
    });
    const again = await returnHolds("bucket/0", sql, peerOf, 0);
    return [again, releasedHolds(sql, 10), released] as const;
  });
  expect(returned).toEqual(["token for working/0"]);
  expect(left.map(({ token }) => token)).toEqual(["token for failing/0"]);
  expect(againMs).toBe(60_000);
});
