import { expect, test } from "vitest";
import { compareUtf8, successorOfPrefix } from "../../../src/lib/utf8-order.ts";
import { randomText, seededRandom } from "../../support/seeded-random.ts";

test("strings compare as their UTF-8 bytes do", () => {
  const random = seededRandom(1);
  for (let round = 0; round < 20_000; round++) {
    const a = randomText(random);
    const b = randomText(random);
    const order = Math.sign(compareUtf8(a, b));
    expect([a, b, order]).toEqual([a, b, Buffer.compare(Buffer.from(a), Buffer.from(b))]);
  }
});

test("an astral character comes after U+FFFD, which JavaScript's own order denies", () => {
  expect(["\ufffd", "\u{1f600}"].toSorted()).toEqual(["\u{1f600}", "\ufffd"]);
  expect(compareUtf8("\u{1f600}", "\ufffd")).toBeGreaterThan(0);
});

test("the successor of a prefix is greater than every string with the prefix, and nothing is between", () => {
  const random = seededRandom(2);
  for (let round = 0; round < 20_000; round++) {
    const prefix = randomText(random);
    const successor = successorOfPrefix(prefix);
    if (successor === undefined) continue;
    const other = randomText(random);
    expect(compareUtf8(prefix + other, successor)).toBeLessThan(0);
    const isBetween = compareUtf8(prefix, other) <= 0 && compareUtf8(other, successor) < 0;
    expect([prefix, other, isBetween]).toEqual([prefix, other, other.startsWith(prefix)]);
  }
});

test.for([
  ["photos/", "photos0"],
  ["a\ud7ff", "a\ue000"],
  ["a\u{10ffff}\u{10ffff}", "b"],
  ["\uffff", "\u{10000}"],
] as const)("the successor of %j is %j", ([prefix, successor]) => {
  expect(successorOfPrefix(prefix)).toBe(successor);
});

test("the empty prefix and one of U+10FFFF only have no successor", () => {
  expect(successorOfPrefix("")).toBeUndefined();
  expect(successorOfPrefix("\u{10ffff}\u{10ffff}")).toBeUndefined();
});
