import { describe, expect, test } from "vitest";
import { countAll } from "../../src/storage/bucket-shard/counts/count-rows.ts";
import { atRandom } from "../support/campaign.ts";
import { countSql } from "../support/counting-sql.ts";
import { type CountedShard, inCountedShard } from "../support/row-counts-world.ts";
import { seededRandom } from "../support/seeded-random.ts";

const SEQUENCES = atRandom({ test: 5, campaign: 1000 });
const STEPS = 60;

/** By SQL, as simple as can be. */
function counted({ sql }: CountedShard) {
  const one = (query: string): number => sql.exec<{ n: number }>(`SELECT ${query} AS n`).one().n;
  const bytes = (from: string): number => one(`(SELECT COALESCE(SUM(size_bytes), 0) FROM ${from})`);
  const rows = (from: string): number => one(`(SELECT COUNT(*) FROM ${from})`);
  return {
    objects: rows("object"),
    versions: rows("object") + rows("version WHERE is_marker = 0"),
    deleteMarkers: rows("version WHERE is_marker = 1"),
    bytes: bytes("object") + bytes("version"),
    uploads: rows("upload"),
    uploadBytes: bytes("part"),
    annotationBytes: bytes("annotation"),
  };
}

async function askToTheEnd(shard: CountedShard) {
  for (let asked = 0; asked < 1000; asked += 1) {
    const counts = await shard.ask();
    if (counts !== undefined) return counts;
  }
  throw new Error("the count has no end");
}

describe("the counts of a shard", () => {
  test(`are what its rows are, whatever happens between slices, after effects and transactions that fail, and after crashes: ${SEQUENCES} sequences of ${STEPS} steps`, async () => {
    let saved = 0;
    let partial = 0;
    for (let seed = 0; seed < SEQUENCES; seed += 1) {
      const random = seededRandom(seed);
      await inCountedShard(async (shard) => {
        const agree = (counts: object, step: number): void =>
          expect(counts, `seed ${seed}, step ${step}`).toEqual(counted(shard));
        for (let step = 0; step < STEPS; step += 1) {
          const size = random(4);
          if (size > 0) {
            const effects = Array.from({ length: size }, () => shard.effect(random));
            shard.commit(effects, random(20) === 0);
          }
          if (random(30) === 0) shard.restart();
          if (random(3) > 0) continue;
          const counts = await shard.ask();
          if (counts === undefined) partial += 1;
          else agree(counts, step);
          if (shard.saved === undefined) continue;
          saved += 1;
          agree(JSON.parse(shard.saved) as object, step);
        }
        agree(await askToTheEnd(shard), STEPS);
        agree(countAll(shard.sql), STEPS);
        shard.restart();
        agree(await askToTheEnd(shard), STEPS);
      });
    }
    // That all of it was tried.
    expect(saved).toBeGreaterThan(0);
    expect(partial).toBeGreaterThan(0);
  });

  test("cost a row read for each row that there is, once, and a shard that nobody asks nothing", async () => {
    await inCountedShard(async (shard) => {
      const random = seededRandom(7);
      shard.commit(Array.from({ length: 60 }, () => shard.effect(random)));
      shard.sql.exec("DELETE FROM upload");
      const { versions, deleteMarkers } = counted(shard);
      const rows = versions + deleteMarkers;
      const { sql, cost } = countSql(shard.sql);
      countAll(sql);
      expect(rows).toBeGreaterThan(5);
      expect(cost()).toMatchObject({ rowsWritten: 0, openCursors: 0 });
      // A query reads one row more than it gives, if there is one.
      expect(cost().rowsRead).toBeLessThanOrEqual(rows + cost().queries);
      expect(shard.saved).toBeUndefined();
    });
  });

  test("of a shard at rest are written down when somebody asks once more, and taken away by the first change", async () => {
    await inCountedShard(async (shard) => {
      const random = seededRandom(1);
      const writes = () => Array.from({ length: 20 }, () => shard.effect(random));
      shard.commit(writes());
      await askToTheEnd(shard);
      expect(shard.saved).toBeUndefined();
      await shard.ask();
      expect(JSON.parse(shard.saved ?? "")).toEqual(counted(shard));
      shard.restart();
      expect(await shard.ask()).toEqual(counted(shard));
      shard.commit(writes());
      expect(shard.saved).toBeUndefined();
      expect(await askToTheEnd(shard)).toEqual(counted(shard));
    });
  });
});
