import { expect, test } from "vitest";
import { unwrapKey, wrapKey } from "../../../src/lib/wrapped-key.ts";

const UNDER = new Uint8Array(32).fill(7);
const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);
const OF = Buffer.from("bucket/object");

test("a wrapped key has 60 bytes, is never the same twice, and is unwrapped under its key and for what it is of", () => {
  const wrapped = wrapKey(UNDER, KEY, OF);
  expect(wrapped).toHaveLength(60);
  expect(Buffer.from(wrapped).includes(Buffer.from(KEY.subarray(0, 8)))).toBe(false);
  expect(wrapKey(UNDER, KEY, OF)).not.toEqual(wrapped);
  expect(unwrapKey(UNDER, wrapped, OF)).toEqual(KEY);
});

test("a wrapped key is unwrapped under no other key, for nothing else, and not when a byte is another", () => {
  const wrapped = wrapKey(UNDER, KEY, OF);
  expect(() => unwrapKey(new Uint8Array(32).fill(8), wrapped, OF)).toThrow();
  expect(() => unwrapKey(UNDER, wrapped, Buffer.from("bucket/other"))).toThrow();
  for (const at of wrapped.keys()) {
    const changed = Uint8Array.from(wrapped);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => unwrapKey(UNDER, changed, OF)).toThrow();
  }
  for (const length of [0, 12, 59, 61])
    expect(() => unwrapKey(UNDER, new Uint8Array(length), OF)).toThrow();
  expect(() => wrapKey(UNDER, KEY.subarray(1), OF)).toThrow();
});
