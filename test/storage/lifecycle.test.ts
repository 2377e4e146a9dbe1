import { expect, test } from "vitest";
import { removeObject } from "../../src/storage/bucket-shard/objects/remove-object.ts";
import {
  DAY_MS,
  inShard,
  shownVersions,
  START_MS,
  type TimedShard,
} from "../support/lifecycle-shard.ts";
import { storedRule } from "../support/stored-rule.ts";
import { removalOf } from "../support/shards.ts";

const VERSIONED = { versioning: { Status: "Enabled" } };
const expiresAfter = (Days: number) => ({ Expiration: { Days } });
const noncurrentAfter = (NoncurrentDays: number, NewerNoncurrentVersions?: number) => ({
  NoncurrentVersionExpiration: { NoncurrentDays, NewerNoncurrentVersions },
});
const movesAfter = (Days: number, StorageClass: string) => ({
  Transition: [{ Days, StorageClass }],
});
const MARKERS = { Expiration: { ExpiredObjectDeleteMarker: true } };

function remove(shard: TimedShard, key: string, versionId?: string): void {
  shard.do((transaction) => removeObject(transaction, { ...removalOf(key), versionId }));
}

interface Case {
  readonly name: string;
  readonly configuration?: object;
  readonly rules: readonly object[];
  readonly act: (shard: TimedShard) => void;
  /** What the key `k` has after so many days; days of which nothing is said change nothing. */
  readonly days: Readonly<Record<number, string>>;
}

const put = (shard: TimedShard): void => shard.put("k");
const CASES: readonly Case[] = [
  {
    name: "an object expires at the midnight after its days",
    rules: [expiresAfter(2)],
    act: put,
    days: { 0: "STANDARD", 3: "" },
  },
  {
    name: "in a bucket with versions a delete marker hides it",
    configuration: VERSIONED,
    rules: [expiresAfter(1)],
    act: put,
    days: { 0: "STANDARD", 2: "marker STANDARD" },
  },
  {
    name: "where versions are suspended, a null marker takes the place of the null version",
    configuration: { versioning: { Status: "Suspended" } },
    rules: [expiresAfter(5)],
    act: put,
    days: { 0: "STANDARD", 6: "marker", 12: "" },
  },
  {
    name: "noncurrent versions go by when they became so, markers among them",
    configuration: VERSIONED,
    rules: [noncurrentAfter(1)],
    act(shard) {
      put(shard);
      shard.nowMs += DAY_MS;
      remove(shard, "k");
      put(shard);
    },
    days: { 0: "STANDARD marker STANDARD", 2: "STANDARD" },
  },
  {
    name: "the newest noncurrent versions stay, and markers are not counted",
    configuration: VERSIONED,
    rules: [noncurrentAfter(1, 1)],
    act(shard) {
      put(shard);
      put(shard);
      remove(shard, "k");
      put(shard);
    },
    days: { 0: "STANDARD marker STANDARD STANDARD", 2: "STANDARD marker STANDARD" },
  },
  {
    name: "a marker goes once it is alone",
    configuration: VERSIONED,
    rules: [{ ...MARKERS, ...noncurrentAfter(1) }],
    act(shard) {
      put(shard);
      remove(shard, "k");
    },
    days: { 0: "marker STANDARD", 2: "marker", 3: "" },
  },
  {
    name: "a lone marker goes after the days of the current version as well",
    configuration: VERSIONED,
    rules: [{ ...expiresAfter(4), ...noncurrentAfter(1) }],
    act(shard) {
      put(shard);
      remove(shard, "k");
    },
    days: { 0: "marker STANDARD", 2: "marker", 5: "" },
  },
  {
    name: "an object moves to colder classes, and to no warmer one",
    rules: [
      {
        Transition: [
          { Days: 1, StorageClass: "STANDARD_IA" },
          { Days: 3, StorageClass: "GLACIER" },
        ],
      },
      { ID: "warm", ...movesAfter(4, "ONEZONE_IA") },
    ],
    act: (shard) => shard.put("k", { sizeBytes: 131_072 }),
    days: { 0: "STANDARD", 2: "STANDARD_IA", 4: "GLACIER" },
  },
  {
    name: "of what is due at once the coldest comes first, and it comes before a marker",
    configuration: VERSIONED,
    rules: [
      { ...movesAfter(0, "GLACIER_IR") },
      { ID: "cold", ...movesAfter(0, "DEEP_ARCHIVE") },
      { ID: "gone", ...expiresAfter(1) },
    ],
    act: (shard) => shard.put("k", { sizeBytes: 131_072 }),
    days: { 0: "STANDARD", 1: "DEEP_ARCHIVE", 2: "marker DEEP_ARCHIVE" },
  },
  {
    name: "a small object does not move",
    rules: [movesAfter(0, "GLACIER")],
    act: (shard) => shard.put("k", { sizeBytes: 131_071 }),
    days: { 0: "STANDARD", 3: "STANDARD" },
  },
  {
    name: "a small object moves where the rule has a size",
    rules: [{ ...movesAfter(0, "GLACIER"), Filter: { ObjectSizeGreaterThan: 3 } }],
    act: put,
    days: { 0: "STANDARD", 1: "GLACIER" },
  },
  {
    name: "noncurrent versions move",
    configuration: VERSIONED,
    rules: [
      {
        NoncurrentVersionTransition: [{ NoncurrentDays: 0, StorageClass: "GLACIER" }],
        Filter: { ObjectSizeLessThan: 9 },
      },
    ],
    act(shard) {
      put(shard);
      put(shard);
    },
    days: { 0: "STANDARD STANDARD", 1: "STANDARD GLACIER" },
  },
  ...[
    { Prefix: "other" },
    { Tag: { Key: "a", Value: "2" } },
    {
      And: {
        Tag: [
          { Key: "a", Value: "1" },
          { Key: "c", Value: "1" },
        ],
      },
    },
    { ObjectSizeGreaterThan: 4 },
    { ObjectSizeLessThan: 4 },
  ].map((Filter) => ({
    name: `what ${JSON.stringify(Filter)} is not about stays`,
    rules: [{ ...expiresAfter(1), Filter }],
    act: (shard: TimedShard) =>
      shard.put("k", {
        attributes: {
          tags: [
            { key: "a", value: "1" },
            { key: "b", value: "1" },
          ],
        },
      }),
    days: { 0: "STANDARD", 3: "STANDARD" },
  })),
  {
    name: "what has the prefix, all tags, and the size, expires",
    rules: [
      {
        ...expiresAfter(1),
        Filter: {
          And: {
            Prefix: "k",
            Tag: [
              { Key: "a", Value: "1" },
              { Key: "b", Value: "1" },
            ],
            ObjectSizeGreaterThan: 3,
            ObjectSizeLessThan: 5,
          },
        },
      },
    ],
    act: (shard) =>
      shard.put("k", {
        attributes: {
          tags: [
            { key: "b", value: "1" },
            { key: "a", value: "1" },
          ],
        },
      }),
    days: { 0: "STANDARD", 2: "" },
  },
  {
    name: "a rule with a date acts on what is written after it, too",
    rules: [{ Expiration: { Date: "2100-01-03T00:00:00.000Z" } }],
    act: put,
    days: { 0: "STANDARD", 2: "" },
  },
  {
    name: "a disabled rule does nothing",
    rules: [{ ...expiresAfter(1), Status: "Disabled" }],
    act: put,
    days: { 0: "STANDARD", 3: "STANDARD" },
  },
  {
    name: "what is locked stays until it is not, though a marker hides it",
    configuration: VERSIONED,
    rules: [{ ...expiresAfter(1), ...noncurrentAfter(1) }],
    act: (shard) =>
      shard.put("k", {
        attributes: { retention: { mode: "GOVERNANCE", retainUntilMs: START_MS + 6.5 * DAY_MS } },
      }),
    days: { 0: "STANDARD", 2: "marker STANDARD", 7: "marker", 8: "" },
  },
  {
    name: "a legal hold keeps a version for as long as it is on",
    configuration: VERSIONED,
    rules: [noncurrentAfter(1)],
    act(shard) {
      shard.put("k", { attributes: { hasLegalHold: true } });
      put(shard);
    },
    days: { 0: "STANDARD STANDARD", 9: "STANDARD STANDARD" },
  },
];

test.for(CASES)("$name", ({ configuration = {}, rules, act, days }) =>
  inShard((shard) => {
    const Rule = rules.map((each, i) => storedRule({ ID: `r${i}`, ...each }));
    shard.configure({ ...configuration, lifecycle: { Rule } });
    act(shard);
    const last = Math.max(...Object.keys(days).map(Number));
    let expected = "";
    for (let day = 0; day <= last; day += 1) {
      if (day > 0) shard.pass(1);
      expected = days[day] ?? expected;
      expect({ day, shown: shownVersions(shard, "k") }).toEqual({ day, shown: expected });
    }
  }),
);
