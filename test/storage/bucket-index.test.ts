import { describe, expect, test } from "vitest";
import { NO_CONDITIONS } from "../../src/protocol/write-conditions.ts";
import { NO_ATTRIBUTES, type ObjectDraft } from "../../src/protocol/object-record.ts";
import type { BucketIndex, ListEntry, ListQuery } from "../../src/storage/ports/bucket-index.ts";
import { WANTS_HEADERS } from "../../src/storage/ports/content-index.ts";
import { atRandom } from "../support/campaign.ts";
import { BucketModel } from "../support/listing-model.ts";
import { pick, seededRandom } from "../support/seeded-random.ts";
import { freshRecord, indexOf } from "../support/bucket-record.ts";

type SeededRandom = ReturnType<typeof seededRandom>;

/** Pieces of keys that meet: shared prefixes, delimiters of one and two characters, controls, astral characters. */
const PIECES = [
  "a",
  "b",
  "ab",
  "/",
  "//",
  "é",
  " ",
  "+",
  "%2F",
  "\0",
  "\u0001",
  "\uE000",
  "\uFFFD",
  "\u{1F600}",
  "\u{10FFFF}",
];
const DELIMITERS = ["", "/", "//", "a", "é", "\u{1F600}", "\0", "b/", "zz"];

let opened = 0;

function openIndex(): BucketIndex {
  opened += 1;
  const id = `bucket-${opened}`;
  return indexOf(freshRecord(id));
}

function draft(etag: string): ObjectDraft {
  return {
    sizeBytes: 1,
    etag,
    storageClass: "STANDARD",
    checksum: undefined,
    headers: {},
    partCount: undefined,
    attributes: NO_ATTRIBUTES,
    content: { kind: "inline", bytes: new Uint8Array([1]) },
  };
}

function randomKey(random: SeededRandom): string {
  const length = 1 + random(5);
  return Array.from({ length }, () => pick(random, PIECES)).join("");
}

function randomQuery(random: SeededRandom, keys: readonly string[]): ListQuery {
  const key = keys.length === 0 ? "" : pick(random, keys);
  return {
    prefix: pick(random, [
      "",
      "",
      pick(random, PIECES),
      Array.from(key).slice(0, random(4)).join(""),
    ]),
    delimiter: pick(random, DELIMITERS),
    after: pick(random, ["", "", key, pick(random, PIECES)]),
    limit: pick(random, [1, 2, 3, 7, 1000]),
  };
}

const describeEntry = (entry: ListEntry): string =>
  entry.kind === "object"
    ? `object ${entry.object.key} ${entry.object.etag}`
    : `prefix ${entry.prefix}`;

/** Follows the pages of a listing to its end. */
async function listAll(index: BucketIndex, query: ListQuery): Promise<string[]> {
  const entries: string[] = [];
  let after = query.after;
  for (;;) {
    const page = await index.list({ ...query, after });
    entries.push(...page.entries.map(describeEntry));
    const last = page.entries.at(-1);
    if (!page.isTruncated || last === undefined) return entries;
    after = last.kind === "object" ? last.object.key : last.prefix;
  }
}

/** Puts, deletes and lists at random, and expects of each step what the model says. */
async function agreeWithModel(seed: number, steps: number): Promise<void> {
  const random = seededRandom(seed);
  const index = openIndex();
  const model = new BucketModel();
  for (let step = 0; step < steps; step += 1) {
    const key = random(3) > 0 ? randomKey(random) : pick(random, [...model.keys, "a"]);
    switch (random(4)) {
      case 0: {
        const removals = [key, randomKey(random)].map((k) => ({
          key: k,
          versionId: undefined,
          conditions: NO_CONDITIONS,
          bypassesGovernance: false,
        }));
        await index.removeMany(removals);
        for (const removal of removals) model.delete(removal.key);
        break;
      }
      case 1: {
        const query = randomQuery(random, model.keys);
        const page = await index.list(query);
        const found = { entries: page.entries.map(describeEntry), isTruncated: page.isTruncated };
        expect(found, `seed ${seed}: ${JSON.stringify(query)}`).toEqual(model.list(query));
        const all = model.list({ ...query, limit: Number.MAX_SAFE_INTEGER }).entries;
        expect(await listAll(index, query), `seed ${seed}: ${JSON.stringify(query)}`).toEqual(all);
        break;
      }
      default: {
        const etag = `etag-${step}`;
        const condition = random(4) === 0 ? "*" : undefined;
        const outcome = await index.commit(key, draft(etag), {
          ...NO_CONDITIONS,
          ifNoneMatch: condition,
        });
        expect(outcome.ok, `seed ${seed}`).toBe(condition === undefined || !model.has(key));
        if (outcome.ok) model.put(key, etag);
      }
    }
    const found = await index.read(key, WANTS_HEADERS);
    expect(found?.kind === "object" ? found.etag : undefined, `seed ${seed}`).toBe(model.etag(key));
  }
}

const seedsFrom = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => first + i);

describe("random sequences of put, delete and list agree with the model", () => {
  test.for(seedsFrom(0, atRandom({ test: 3, campaign: 40 })))(
    "100 steps, seed %i",
    async (seed) => {
      await expect(agreeWithModel(seed, 100)).resolves.toBeUndefined();
    },
  );

  // Short ones begin with an empty bucket each time, where edges are met most often.
  test.for(seedsFrom(0, atRandom({ test: 1, campaign: 20 })).map((i) => 1000 + 50 * i))(
    "8 steps, 50 seeds from %i",
    async (first) => {
      const sequences = seedsFrom(first, 50).map((seed) => agreeWithModel(seed, 8));
      await expect(Promise.all(sequences)).resolves.toHaveLength(50);
    },
  );
});

test("writes that arrive together are all kept, each with its own outcome", async () => {
  const index = openIndex();
  const keys = Array.from({ length: 300 }, (_, i) => `k${i % 100}`);
  const once = { ...NO_CONDITIONS, ifNoneMatch: "*" as const };
  const outcomes = await Promise.all(keys.map((key, i) => index.commit(key, draft(`${i}`), once)));
  expect(outcomes.filter(({ ok }) => ok)).toHaveLength(100);
  const { entries } = await index.list({ prefix: "", delimiter: "", after: "", limit: 1000 });
  expect(entries).toHaveLength(100);
});
