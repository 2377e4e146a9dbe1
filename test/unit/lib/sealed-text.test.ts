import { expect, test } from "vitest";
import { seal, subKey, unseal } from "../../../src/lib/sealed-text.ts";

const MASTER_KEY = new Uint8Array(32).fill(7);
const KEY = subKey(MASTER_KEY, "secrets");

test("what is sealed does not show, is never the same twice, and opens with its key and name", () => {
  for (const text of ["", "s", "a secret of 40 characters, perhaps äöü 😀"]) {
    const sealed = seal(KEY, "AKIA", text);
    expect(unseal(KEY, "AKIA", sealed)).toBe(text);
    expect(text.length < 8 || !sealed.includes(text)).toBe(true);
    expect(seal(KEY, "AKIA", text).equals(sealed)).toBe(false);
  }
});

test("what is sealed opens with no other key, for no other name, and not when a byte is another", () => {
  const sealed = seal(KEY, "AKIA", "secret");
  expect(() => unseal(subKey(MASTER_KEY, "tokens"), "AKIA", sealed)).toThrow();
  expect(() => unseal(KEY, "AKIB", sealed)).toThrow();
  for (const at of sealed.keys()) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => unseal(KEY, "AKIA", changed), `byte ${at}`).toThrow();
    expect(() => unseal(KEY, "AKIA", sealed.subarray(0, at)), `${at} bytes`).toThrow();
  }
});

// RFC 5869 lets the salt be absent; an independent computation: HMAC(HMAC(zeros, key), purpose ‖ 1).
test("a sub-key is HKDF's", async () => {
  const { createHmac } = await import("node:crypto");
  const extracted = createHmac("sha256", Buffer.alloc(32)).update(MASTER_KEY).digest();
  const expected = createHmac("sha256", extracted).update("secrets").update("\u0001").digest();
  expect(KEY.equals(expected)).toBe(true);
});
