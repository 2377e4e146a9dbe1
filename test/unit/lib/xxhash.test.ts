import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { xxHash, type XxHashName } from "../../../src/lib/xxhash/xxhash.ts";
import { seededRandom } from "../../support/seeded-random.ts";
import VECTORS from "../../vectors/checksums/xxhash.json";

const NAMES = ["XXHASH64", "XXHASH3", "XXHASH128"] as const;

/** The buffer of xxHash's sanity checks. */
const BUFFER = (() => {
  let generator = 2654435761n;
  return Uint8Array.from({ length: 2367 }, () => {
    const byte = Number(generator >> 56n);
    generator = BigInt.asUintN(64, generator * 11400714785074694797n);
    return byte;
  });
})();

function hashOf(name: XxHashName, ...chunks: readonly Uint8Array[]): Buffer {
  const hash = xxHash(name);
  for (const chunk of chunks) hash.update(chunk);
  return Buffer.from(hash.digest());
}

test.for(VECTORS.hashes)(
  "$algorithm of $lengthBytes bytes",
  ({ algorithm, lengthBytes, expected }) => {
    const hash = hashOf(algorithm as XxHashName, BUFFER.subarray(0, lengthBytes));
    expect(hash.toString("hex")).toBe(expected);
  },
);

test.for(VECTORS.helloWorld)("$algorithm as AWS's SDKs write it", ({ algorithm, expected }) => {
  const hash = hashOf(algorithm as XxHashName, Buffer.from("Hello world"));
  expect(hash.toString("hex")).toBe(expected);
});

test.for(VECTORS.allLengths)("$algorithm of every length", ({ algorithm, expected }) => {
  const all = createHash("sha256");
  for (let lengthBytes = 0; lengthBytes <= BUFFER.byteLength; lengthBytes++)
    all.update(hashOf(algorithm as XxHashName, BUFFER.subarray(0, lengthBytes)));
  expect(all.digest("hex")).toBe(expected);
});

test.for(NAMES)("%s is the same wherever the chunks end", (name) => {
  const random = seededRandom(4);
  for (let round = 0; round < 300; round++) {
    const input = BUFFER.subarray(0, random(BUFFER.byteLength + 1));
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < input.byteLength;) {
      const chunk = input.subarray(at, at + random(round % 2 === 0 ? 50 : 700));
      chunks.push(chunk);
      at += chunk.byteLength;
    }
    expect(hashOf(name, ...chunks)).toEqual(hashOf(name, input));
  }
});

test.for(NAMES)("%s of chunks in one buffer that is used again", (name) => {
  const buffer = new Uint8Array(789);
  const hash = xxHash(name);
  for (let at = 0; at < BUFFER.byteLength; at += buffer.byteLength) {
    buffer.set(BUFFER.subarray(at, at + buffer.byteLength));
    hash.update(buffer);
  }
  expect(Buffer.from(hash.digest())).toEqual(hashOf(name, BUFFER));
});
