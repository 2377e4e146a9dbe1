import { expect, test } from "vitest";
import { literalGlob, matchesGlob, parseGlob } from "../../../src/lib/glob.ts";
import { findMasked, maskRun } from "../../../src/lib/masked-search.ts";
import { pick, seededRandom } from "../../support/seeded-random.ts";

/** The definition, written down. */
function matchesByDefinition(pattern: readonly string[], text: readonly string[]): boolean {
  const [head, ...rest] = pattern;
  if (head === undefined) return text.length === 0;
  if (head === "*")
    return (
      matchesByDefinition(rest, text) ||
      (text.length > 0 && matchesByDefinition(pattern, text.slice(1)))
    );
  const [character, ...others] = text;
  return (
    character !== undefined &&
    (head === "?" || head === character) &&
    matchesByDefinition(rest, others)
  );
}

test.for([
  ["", "", true],
  ["", "a", false],
  ["*", "", true],
  ["**", "a/b", true],
  ["?", "", false],
  ["?", "😀", true],
  ["??", "😀", false],
  ["*?", "😀", true],
  ["a*a", "a", false],
  ["a*a", "aa", true],
  ["jack", "jackson", false],
  ["jack/*", "jackson/x", false],
  ["*.jpg", "a.jpg.exe", false],
  ["a*b*c", "abbbc", true],
  ["a*bc*bc", "abc", false],
  ["[a-z]", "b", false],
  [".", "a", false],
] as const)("the pattern %j and the text %j match: %j", ([pattern, text, isMatch]) => {
  expect(matchesGlob(parseGlob(pattern), text)).toBe(isMatch);
});

test("a literal's own wildcards match themselves only", () => {
  expect(matchesGlob(literalGlob("a*?"), "a*?")).toBe(true);
  expect(matchesGlob(literalGlob("a*?"), "abc")).toBe(false);
});

test("a pattern matches what it matches by definition", () => {
  const random = seededRandom(11);
  for (let count = 0; count < 5_000; count += 1) {
    const pattern = Array.from({ length: random(7) }, () =>
      pick(random, ["a", "b", "*", "?", "/", "😀"]),
    );
    const text = Array.from({ length: random(7) }, () => pick(random, ["a", "b", "/", "😀"]));
    expect(
      matchesGlob(parseGlob(pattern.join("")), text.join("")),
      `${pattern.join("")} and ${text.join("")}`,
    ).toBe(matchesByDefinition(pattern, text));
  }
});

test("a long run is found where it is first", () => {
  const random = seededRandom(13);
  for (let count = 0; count < 300; count += 1) {
    const run = Array.from({ length: 1 + random(3) }, () => "ab😀".repeat(random(15)));
    if (run.join("") === "" && run.length === 1) continue;
    const text = `${"ab😀a".repeat(random(9))}${run.join(pick(random, ["a", "😀"]))}b`;
    const pattern = run.map((part) =>
      part.replaceAll(/./gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`),
    );
    const expected = new RegExp(pattern.join("."), "su").exec(text);
    expect(findMasked(maskRun(run), text, 0)).toBe(
      (expected?.index ?? NaN) + (expected?.[0].length ?? NaN),
    );
  }
});

const ALIKE = "a".repeat(60_000);

test.for([
  ["many stars", `${"a*".repeat(10_000)}b`],
  ["many stars and a question mark", `${"*a?".repeat(6_000)}b`],
  ["a long run", `*${"a".repeat(5_000)}b${"a".repeat(5_000)}*`],
  ["a long run with question marks", `*${"a?".repeat(2_500)}b${"a?".repeat(2_500)}*`],
  ["a run just too short to be long", `*${"a?".repeat(15)}b*`],
  ["runs that come again and again", `*${`${"a?".repeat(15)}b*`.repeat(600)}`],
] as const)("60,000 characters against a pattern of %s take milliseconds", ([, pattern]) => {
  const glob = parseGlob(pattern);
  const takesMs = Math.min(
    ...Array.from({ length: 3 }, () => {
      const startMs = performance.now();
      expect(matchesGlob(glob, ALIKE)).toBe(false);
      return performance.now() - startMs;
    }),
  );
  // Some 20 ms, on a busy machine ten times as many. Place by place, the long runs alone would take 600 million steps.
  expect(takesMs).toBeLessThan(300);
});
