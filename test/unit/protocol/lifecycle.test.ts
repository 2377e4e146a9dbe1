import { expect, test } from "vitest";
import { compareUtf8 } from "../../../src/lib/utf8-order.ts";
import type { LifecycleDocument } from "../../../src/protocol/lifecycle/lifecycle-configuration.ts";
import { dueTime } from "../../../src/protocol/lifecycle/lifecycle-actions.ts";
import { Lifecycle } from "../../../src/protocol/lifecycle/lifecycle.ts";
import { storedRule } from "../../support/stored-rule.ts";
import { randomText, seededRandom } from "../../support/seeded-random.ts";

/** Rules about these prefixes, as they are stored. */
function lifecycleOf(prefixes: readonly string[]): Lifecycle {
  const Rule = prefixes.map((Prefix, i) =>
    storedRule({ ID: `r${i}`, Filter: { Prefix }, Expiration: { Days: 1 } }),
  );
  return new Lifecycle({ Rule } as Partial<LifecycleDocument>);
}

test("finds the rules of a key, and of a stretch of keys, as if it had looked at each", () => {
  const random = seededRandom(1);
  for (let round = 0; round < 200; round += 1) {
    const prefixes = Array.from({ length: 1 + random(8) }, () => randomText(random));
    const lifecycle = lifecycleOf(prefixes);
    const keys = Array.from({ length: 20 }, () => randomText(random)).toSorted(compareUtf8);
    const ids = (rules: Iterable<{ readonly id: string }>) =>
      new Set([...rules].map(({ id }) => id));
    const about = (key: string) =>
      new Set(prefixes.flatMap((prefix, i) => (key.startsWith(prefix) ? [`r${i}`] : [])));
    for (const key of keys) expect(ids(lifecycle.rulesOf(key))).toEqual(about(key));
    const [first = "", end] = [keys[5], keys[15]];
    const between = ids(lifecycle.rulesBetween(first, end));
    for (const key of keys)
      if (compareUtf8(first, key) <= 0 && compareUtf8(key, end ?? "") < 0)
        for (const id of about(key)) expect(between).toContain(id);
  }
});

test.for([
  ["2026-01-15T10:30:00Z", 3, "2026-01-19T00:00:00.000Z"],
  ["2026-01-15T00:00:00Z", 3, "2026-01-18T00:00:00.000Z"],
  ["2026-01-15T23:59:59Z", 0, "2026-01-16T00:00:00.000Z"],
] as const)("what was made at %s is due after %i days at %s", ([made, days, due]) => {
  expect(new Date(dueTime(Date.parse(made), { days })).toISOString()).toBe(due);
});

test("a short day ends when it has passed", () => {
  expect(dueTime(5000, { days: 2 }, 10_000)).toBe(25_000);
});
