import { createHash, createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { hmacKey, hmacSha256Hex, sha256Hex } from "../../../src/lib/sha256.ts";

// FIPS 180-2, appendix B.
test.for([
  {
    text: "",
    hash: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  },
  {
    text: "abc",
    hash: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  },
  {
    text: "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    hash: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  },
])("the standard's hash of $text", ({ text, hash }) => {
  expect(sha256Hex(text)).toBe(hash);
});

test("the RFC's HMAC of a short key", () => {
  // RFC 4231, test case 2.
  expect(hmacSha256Hex(hmacKey(Buffer.from("Jefe")), "what do ya want for nothing?")).toBe(
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
});

/** Around each end of a block, and past the first size of the buffer. */
const LENGTHS = [...Array.from({ length: 200 }, (_, i) => i), 4000, 4096, 5000, 20_000, 100];

test.for(["a", "é", "€", "📚", "\u{d800}"])(
  "%j of any length is hashed as by the platform",
  (unit) => {
    const key = Buffer.from("a key of thirty-two bytes, or so");
    const own = hmacKey(key);
    for (const length of LENGTHS) {
      const text = unit.repeat(length);
      const bytes = new TextEncoder().encode(text);
      expect(sha256Hex(text)).toBe(createHash("sha256").update(bytes).digest("hex"));
      expect(hmacSha256Hex(own, text)).toBe(createHmac("sha256", key).update(bytes).digest("hex"));
    }
  },
);
