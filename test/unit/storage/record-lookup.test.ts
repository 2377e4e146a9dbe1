import { expect, test } from "vitest";
import { recordLookup } from "../../../src/storage/clients/record-lookup.ts";

const WAITER = { waitUntil: () => undefined };

/** Records of so many characters each. */
function lookupOf(characters: number) {
  return recordLookup<{ readonly policies: string }>({
    ask: async () => ({ policies: "x".repeat(characters) }),
    copies: undefined,
    copyKeyOf: (id) => id,
    maxAgeMs: 60_000,
    isVouchedFor: () => true,
    partsOf: (id) => [id],
  });
}

async function rememberedOf(count: number, characters: number): Promise<number> {
  const lookup = lookupOf(characters);
  const ids = Array.from({ length: count }, (_, i) => `id-${i}`);
  for (const id of ids) await lookup.read(id, WAITER);
  return ids.filter((id) => lookup.remembered(id) !== "unread").length;
}

test("what an isolate remembers of users has a bound, however long their policies are", async () => {
  expect(await rememberedOf(100, 100)).toBe(100);
  const ofLong = await rememberedOf(20, 1_000_000);
  expect(ofLong).toBeGreaterThan(0);
  expect(ofLong).toBeLessThan(8);
});

test("a record that is asked for anew takes its room once", async () => {
  const lookup = lookupOf(1_000_000);
  await lookup.read("other", WAITER);
  for (let n = 0; n < 20; n += 1) {
    await lookup.forget(["one"]);
    await lookup.read("one", WAITER);
  }
  for (const id of ["other", "one"]) expect(lookup.remembered(id)).not.toBe("unread");
});
