import { expect, test } from "vitest";
import { changeAttributes } from "../../src/storage/bucket-shard/objects/change-attributes.ts";
import { removeObject } from "../../src/storage/bucket-shard/objects/remove-object.ts";
import { renameObject } from "../../src/storage/bucket-shard/objects/rename-object.ts";
import { findObject } from "../../src/storage/bucket-shard/rows/find-object.ts";
import { forgetZones } from "../../src/storage/bucket-shard/lifecycle/zones.ts";
import { NO_CONDITIONS } from "../../src/protocol/write-conditions.ts";
import { NULL_VERSION } from "../../src/protocol/version-id.ts";
import { atRandom } from "../support/campaign.ts";
import { countSql } from "../support/counting-sql.ts";
import { inShard, type TimedShard } from "../support/lifecycle-shard.ts";
import { storedRule } from "../support/stored-rule.ts";
import { pick, seededRandom } from "../support/seeded-random.ts";
import { removalOf } from "../support/shards.ts";

type Random = (bound: number) => number;

const HISTORIES = atRandom({ test: 25, campaign: 1000 });
const DAYS = 12;
const HOUR_MS = 3_600_000;
/** So small that a dozen of keys has several zones, and a zone takes several slices. */
const LIMITS = { versions: 4, actions: 2, zoneVersions: 5 };
const KEYS = ["a", "a/1", "a/2", "b", "b/1", "b/\u{ffff}", "b/\u{10000}", "c", "d", "d/1"];
const CLASSES = ["STANDARD_IA", "GLACIER", "DEEP_ARCHIVE"];

function randomRule(random: Random, i: number): object {
  const Filter = pick<object>(random, [
    {},
    { Prefix: "b/" },
    { Tag: { Key: "t", Value: "1" } },
    { ObjectSizeGreaterThan: 5 },
    { And: { Prefix: "a", Tag: [{ Key: "t", Value: "1" }] } },
  ]);
  const days = 1 + random(5);
  const NewerNoncurrentVersions = random(2) === 0 ? undefined : 1 + random(2);
  const actions = pick<object>(random, [
    { Expiration: { Days: days } },
    { Expiration: { Date: new Date(Date.UTC(2100, 0, 1 + random(DAYS))).toISOString() } },
    { Expiration: { ExpiredObjectDeleteMarker: true } },
    { Transition: [{ Days: days - 1, StorageClass: pick(random, CLASSES) }] },
    { NoncurrentVersionExpiration: { NoncurrentDays: days, NewerNoncurrentVersions } },
    {
      NoncurrentVersionTransition: [
        { NoncurrentDays: days - 1, NewerNoncurrentVersions, StorageClass: pick(random, CLASSES) },
      ],
    },
  ]);
  return storedRule({ ID: `r${i}`, Filter, ...actions });
}

function randomStep(shard: TimedShard, random: Random): void {
  const key = pick(random, KEYS);
  const rows = shard.rows();
  const act = random(12);
  if (act < 5) {
    const tags = [{ key: "t", value: String(random(2)) }];
    const isLocked = random(8) === 0;
    shard.put(key, {
      sizeBytes: random(12),
      attributes: { tags, ...(isLocked && { hasLegalHold: true }) },
    });
  } else if (act < 7) shard.do((transaction) => removeObject(transaction, removalOf(key)));
  else if (act < 9 && rows.length > 0) {
    const row = pick(random, rows);
    const versionId = row.version_id ?? NULL_VERSION;
    shard.do((transaction) => removeObject(transaction, { ...removalOf(row.key), versionId }));
  } else if (act < 10) {
    const tags = [{ key: "t", value: String(random(2)) }];
    shard.do((transaction) =>
      changeAttributes(transaction, key, undefined, { kind: "tags", tags }),
    );
  } else if (act < 11) {
    const change = { kind: "legal-hold", hasLegalHold: false } as const;
    shard.do((transaction) => changeAttributes(transaction, key, undefined, change));
  } else {
    const sourceSequence = findObject(shard.sql, key)?.sequence ?? 0;
    const rename = { sourceKey: key, key: pick(random, KEYS), sourceSequence };
    shard.do((transaction) => renameObject(transaction, { ...rename, conditions: NO_CONDITIONS }));
  }
}

/** What the shard has at the end of each day. */
function history(seed: number, forgetsZones: boolean): Promise<readonly string[]> {
  return inShard((shard) => {
    const random = seededRandom(seed);
    const dies = forgetsZones ? () => 1 : seededRandom(seed);
    const hasVersions = random(4) > 0;
    const documents = (): object => ({
      ...(hasVersions && {
        versioning: { Status: pick(random, ["Enabled", "Enabled", "Suspended"]) },
      }),
      lifecycle: { Rule: Array.from({ length: 1 + random(3) }, (_, i) => randomRule(random, i)) },
    });
    shard.configure(documents());
    const days: string[] = [];
    for (let day = 0; day < DAYS; day += 1) {
      for (let step = random(8); step > 0; step -= 1) {
        randomStep(shard, random);
        shard.nowMs += random(3) * HOUR_MS;
      }
      if (random(8) === 0) shard.configure(documents());
      if (forgetsZones) forgetZones(shard.sql);
      shard.pass(1, { limits: LIMITS, dies: () => dies(3) === 0 });
      days.push(
        JSON.stringify(
          shard.rows().map((row) => ({ ...row, version_id: undefined, sequence: undefined })),
        ),
      );
    }
    return days;
  });
}

test("what is done by zones, in a shard that dies now and then, is what is done by full scans, day by day", async () => {
  for (let seed = 0; seed < HISTORIES; seed += 1)
    expect({ seed, days: await history(seed, false) }).toEqual({
      seed,
      days: await history(seed, true),
    });
});

test("what is not due is not read, and what is written meanwhile is not missed", () =>
  inShard((shard) => {
    shard.configure({ lifecycle: { Rule: [storedRule({ Expiration: { Days: 10 } })] } });
    for (let i = 0; i < 200; i += 1) shard.put(`key-${i}`);
    const limits = { versions: 50, actions: 50, zoneVersions: 40 };
    const rowsRead = (days: number): number => {
      const { sql, cost } = countSql(shard.sql);
      shard.pass(days, { limits, counted: sql });
      return cost().rowsRead;
    };
    expect(rowsRead(1)).toBeGreaterThan(200);
    // The five zones, and little else.
    expect(rowsRead(1)).toBeLessThan(20);
    shard.put("key-new");
    expect(rowsRead(8)).toBeLessThan(8 * 20);
    shard.pass(1, { limits });
    expect(shard.rows().map(({ key }) => key)).toEqual(["key-new"]);
    shard.pass(2, { limits });
    expect(shard.rows()).toEqual([]);
  }));

interface Due {
  readonly what: string;
  readonly isVersioned?: boolean;
  readonly rule: object;
  readonly days: number;
  /** What the scans until then read of each. */
  readonly scanned: number;
  readonly read: number;
  readonly written: number;
}

/** Each of two puts of a key: an object, or with versions a current and a noncurrent one. */
const DUE: readonly Due[] = [
  {
    what: "an object goes",
    rule: { Expiration: { Days: 1 } },
    days: 2,
    scanned: 2,
    read: 7,
    written: 2,
  },
  {
    what: "a delete marker is made",
    isVersioned: true,
    rule: { Expiration: { Days: 1 } },
    days: 2,
    scanned: 4,
    read: 4,
    written: 3,
  },
  {
    what: "a noncurrent version goes",
    isVersioned: true,
    rule: { NoncurrentVersionExpiration: { NoncurrentDays: 1 } },
    days: 2,
    scanned: 4,
    read: 9,
    written: 2,
  },
  {
    what: "an object moves",
    rule: {
      Transition: [{ Days: 0, StorageClass: "GLACIER" }],
      Filter: { ObjectSizeLessThan: 9 },
    },
    days: 1,
    scanned: 1,
    read: 4,
    written: 1,
  },
];

test.for(DUE)("of docs/scale.md, when $what", async (due) => {
  const { isVersioned, rule, days, scanned, read, written } = due;
  const costOf = (count: number) =>
    inShard((shard) => {
      shard.configure({
        ...(isVersioned === true && { versioning: { Status: "Enabled" } }),
        lifecycle: { Rule: [storedRule(rule)] },
      });
      for (let i = 0; i < 2 * count; i += 1) shard.put(`key-${i >> 1}`);
      const { sql, cost } = countSql(shard.sql);
      shard.pass(days, { counted: sql });
      return cost();
    });
  const few = await costOf(5);
  const many = await costOf(20);
  expect({
    read: (many.rowsRead - few.rowsRead) / 15 - scanned,
    written: (many.rowsWritten - few.rowsWritten) / 15,
  }).toEqual({ read, written });
});
