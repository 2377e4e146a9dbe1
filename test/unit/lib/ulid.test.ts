import { expect, test } from "vitest";
import { ulid, ulidFloor, ulidTimeMs } from "../../../src/lib/ulid.ts";
import { seededRandom } from "../../support/seeded-random.ts";

test("a ULID is the one of the specification, in lower case", () => {
  // The specification's example, 01ARYZ6S41TSV4RRFFQ69G5FAV, is of 1469918176385 ms.
  expect(ulid(1_469_918_176_385)).toMatch(/^01aryz6s41[0-9a-hjkmnp-tv-z]{16}$/);
});

test("each random byte makes one character", () => {
  const randomBytes = Uint8Array.from({ length: 16 }, (_, index) => 255 - index);
  expect(ulid(0, randomBytes)).toBe("0000000000zyxwvtsrqpnmkjhg");
});

test("ULIDs sort by time and say their time, up to the last of 48 bits", () => {
  const random = seededRandom(3);
  const timesMs = Array.from(
    { length: 500 },
    () => random(2 ** 32) * 2 ** 16 + random(2 ** 16),
  ).toSorted((a, b) => a - b);
  timesMs.push(2 ** 48 - 1);
  const ids = timesMs.map((timeMs) => ulid(timeMs));
  expect(ids.toSorted()).toEqual(ids);
  expect(ids.map(ulidTimeMs)).toEqual(timesMs);
});

test("the floor of a millisecond is at or under its ULIDs, and over those before", () => {
  const nowMs = Date.UTC(2026, 10, 23);
  expect(ulidFloor(nowMs) <= ulid(nowMs)).toBe(true);
  expect(ulidFloor(nowMs) > ulid(nowMs - 1)).toBe(true);
  expect(ulidFloor(nowMs)).toBe(ulid(nowMs, new Uint8Array(16)));
});

test("two ULIDs of one millisecond differ", () => {
  expect(ulid(0)).not.toBe(ulid(0));
});
