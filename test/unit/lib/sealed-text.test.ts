import { expect, test } from "vitest";
import { MasterKey } from "../../../src/lib/master-key.ts";
import { seal, unseal } from "../../../src/lib/sealed-text.ts";

const FIRST = new Uint8Array(32).fill(7);
const SECOND = new Uint8Array(32).fill(8);
const MASTER_KEY = new MasterKey(FIRST);
const KEY = MASTER_KEY.subKeys("secrets");

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
  expect(() => unseal(MASTER_KEY.subKeys("tokens"), "AKIA", sealed)).toThrow();
  expect(() => unseal(KEY, "AKIB", sealed)).toThrow();
  for (const at of sealed.keys()) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => unseal(KEY, "AKIA", changed), `byte ${at}`).toThrow();
    expect(() => unseal(KEY, "AKIA", sealed.subarray(0, at)), `${at} bytes`).toThrow();
  }
});

test("while a master key is replaced, what was sealed with the one before opens, and what is sealed now outlives that one", () => {
  const replacing = new MasterKey(SECOND, FIRST).subKeys("secrets");
  expect(unseal(replacing, "AKIA", seal(KEY, "AKIA", "secret"))).toBe("secret");
  const sealed = seal(replacing, "AKIA", "secret");
  expect(unseal(new MasterKey(SECOND).subKeys("secrets"), "AKIA", sealed)).toBe("secret");
  expect(() => unseal(KEY, "AKIA", sealed)).toThrow();
  expect(() => unseal(replacing, "AKIB", sealed)).toThrow();
});

// RFC 5869 lets the salt be absent; an independent computation: HMAC(HMAC(zeros, key), purpose ‖ 1).
test("a sub-key is HKDF's", async () => {
  const { createHmac } = await import("node:crypto");
  const extracted = createHmac("sha256", Buffer.alloc(32)).update(FIRST).digest();
  const expected = createHmac("sha256", extracted).update("secrets").update("\u0001").digest();
  expect(expected.equals(KEY.current)).toBe(true);
});
