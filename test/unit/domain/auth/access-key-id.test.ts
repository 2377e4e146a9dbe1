import { expect, test } from "vitest";
import { isMadeId, newAccessKeyId } from "../../../../src/domain/auth/access-key-id.ts";
import { MasterKey } from "../../../../src/lib/master-key.ts";

const FIRST = new Uint8Array(32).fill(7);
const SECOND = new Uint8Array(32).fill(8);
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

test.for(["AKIA", "ASIA"] as const)("an id of %s has AWS's form, and is known again", (prefix) => {
  const masterKey = new MasterKey(FIRST);
  const ids = Array.from({ length: 100 }, () => newAccessKeyId(prefix, masterKey));
  expect(new Set(ids).size).toBe(100);
  for (const id of ids) {
    expect(id).toMatch(new RegExp(`^${prefix}[A-Z2-7]{16}$`));
    expect(isMadeId(id, masterKey)).toBe(true);
  }
});

test("an id that somebody invented, or changed, is not", () => {
  const masterKey = new MasterKey(FIRST);
  const id = newAccessKeyId("AKIA", masterKey);
  for (let at = 4; at < id.length; at += 1) {
    const other = ALPHABET[(ALPHABET.indexOf(id.charAt(at)) + 1) % 32];
    expect(isMadeId(id.slice(0, at) + other + id.slice(at + 1), masterKey), `at ${at}`).toBe(false);
  }
  const wrong = [
    "",
    id.toLowerCase(),
    `${id}A`,
    id.slice(1),
    `ASIA${id.slice(4)}`,
    "AKIAIOSFODNN7EXAMPLE",
  ];
  for (const each of wrong) expect(isMadeId(each, masterKey), each).toBe(false);
});

test("while the master key is replaced, ids of both are known; later those of the new one", () => {
  const before = newAccessKeyId("AKIA", new MasterKey(FIRST));
  const replacing = new MasterKey(SECOND, FIRST);
  expect(isMadeId(before, replacing)).toBe(true);
  const after = new MasterKey(SECOND);
  expect(isMadeId(newAccessKeyId("AKIA", replacing), after)).toBe(true);
  expect(isMadeId(before, after)).toBe(false);
});
