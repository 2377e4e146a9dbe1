import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { recordOf } from "../support/bucket-record.ts";
import { atRandom } from "../support/campaign.ts";
import { elements, putObject, signedFetch } from "../support/client.ts";
import { putDocument } from "../support/documents.ts";
import { advanceClock } from "../support/faults.ts";
import { replicate, ruleTo, statusOf, versionsOf } from "../support/replication.ts";
import { type Fault, runReplication, waiting, withFaults } from "../support/replication-world.ts";
import { pick, seededRandom } from "../support/seeded-random.ts";
import { audit, settleDown } from "../support/shard-census.ts";
import { startClock } from "../support/shards.ts";
import { versionedBucket } from "../support/versions.ts";

const HOUR_MS = 3_600_000;
const KEYS = ["a", "b", "c"];
const STEPS = 12;
const SEQUENCES = atRandom({ test: 1, campaign: 60 });

beforeAll(startClock);
afterAll(() => void vi.useRealTimers());

type Random = (bound: number) => number;

/** Which bucket goes to which. */
const SHAPES: Readonly<Record<string, readonly (readonly [from: number, to: number])[]>> = {
  "one way": [[0, 1]],
  "both ways": [
    [0, 1],
    [1, 0],
  ],
  "to two": [
    [0, 1],
    [0, 2],
  ],
  "in a ring": [
    [0, 1],
    [1, 2],
    [2, 0],
  ],
};

async function step(random: Random, bucket: string): Promise<unknown> {
  const key = pick(random, KEYS);
  const size = pick(random, [0, 5, 20_000]);
  switch (random(8)) {
    case 0:
      return signedFetch("DELETE", `/${bucket}/${key}`);
    case 1:
      // What changes of a replica stays where it is.
      if ((await statusOf(bucket, key)) === "REPLICA") return undefined;
      return putDocument(`/${bucket}/${key}`, { tagging: "" }, "Tagging", tagsOf(random(100)));
    case 2: {
      const versions = (await versionsOf(bucket)).map((line) => line.split(" "));
      const [, of = "", versionId = ""] = versions[random(versions.length)] ?? [];
      return of === ""
        ? undefined
        : signedFetch("DELETE", `/${bucket}/${of}`, { query: { versionId } });
    }
    case 3:
      return signedFetch("PUT", `/${bucket}/${key}`, {
        headers: { "x-amz-copy-source": `${bucket}/${pick(random, KEYS)}` },
      });
    default:
      return putObject(bucket, key, "x".repeat(size), { "x-amz-meta-n": String(random(100)) });
  }
}

function tagsOf(value: number): string {
  return `<TagSet><Tag><Key>k</Key><Value>${value}</Value></Tag></TagSet>`;
}

function someFaults(random: Random): readonly Fault[] {
  return Array.from({ length: random(3) }, () => ({
    at: random(6),
    when: pick(random, ["after", "before"] as const),
  }));
}

/** The versions that were removed for good in one of the buckets count in none of them. */
async function common(buckets: readonly string[], isOrdered: boolean): Promise<string[][]> {
  const all = await Promise.all(buckets.map(versionsOf));
  const inEach = (line: string): boolean => all.every((lines) => lines.includes(line));
  return all.map((lines) => {
    const left = lines.filter(inEach);
    return isOrdered ? left : left.toSorted();
  });
}

/** Each object that a bucket has of these, with its tags. */
async function tagged(bucket: string, lines: readonly string[]): Promise<string[]> {
  const versions = lines.filter((line) => line.startsWith("Version "));
  return Promise.all(
    versions.map(async (line) => {
      const [, key = "", versionId = ""] = line.split(" ");
      const query = { tagging: "", versionId };
      const response = await signedFetch("GET", `/${bucket}/${key}`, { query });
      return `${key} ${versionId} ${elements(await response.text(), "Value").join()}`;
    }),
  );
}

async function expectConverged(seed: number, shape: string): Promise<void> {
  const random = seededRandom(seed);
  const arrows = SHAPES[shape] ?? [];
  const buckets = [await versionedBucket(), await versionedBucket(), await versionedBucket()];
  const nameOf = (index: number): string => buckets[index] ?? "";
  const sources = new Set(arrows.map(([from]) => from));
  for (const source of sources) {
    const rules = arrows.filter(([from]) => from === source).map(([, to]) => ruleTo(nameOf(to)));
    await replicate(nameOf(source), rules.join(""));
  }
  for (let i = 0; i < STEPS; i += 1) {
    await step(random, nameOf(pick(random, [...sources])));
    if (random(3) === 0) await withFaults(someFaults(random), () => runReplication(buckets));
  }
  for (let round = 0; (await waiting(buckets)).length > 0; round += 1) {
    expect(round, `seed ${seed}: ${(await waiting(buckets)).join("\n")}`).toBeLessThan(30);
    advanceClock(HOUR_MS / 2);
    await runReplication(buckets);
  }
  // Between two buckets that both wrote, each may think another version current; and in a ring nothing goes further than one bucket.
  for (const [from, to] of arrows) {
    const isOneWay = shape === "one way" || shape === "to two";
    const [source = [], target = []] = await common([nameOf(from), nameOf(to)], isOneWay);
    expect(target, `seed ${seed}`).toEqual(source);
    expect(await tagged(nameOf(to), target), `seed ${seed}`).toEqual(
      await tagged(nameOf(from), source),
    );
    if (!isOneWay) continue;
    // What the source has, the destination has: nothing is removed there.
    for (const line of await versionsOf(nameOf(from)))
      expect(await versionsOf(nameOf(to)), `seed ${seed}`).toContain(line);
  }
  const records = await Promise.all(buckets.map(recordOf));
  await settleDown(records);
  expect(await audit(records), `seed ${seed}`).toEqual([]);
}

describe.for(Object.keys(SHAPES))("buckets that replicate %s", (shape) => {
  test.for(Array.from({ length: SEQUENCES }, (_, seed) => seed))(
    "come to have the same versions, whichever calls fail (seed %i)",
    (seed) => expectConverged(seed + 1, shape),
  );
});
