import { expect } from "vitest";

/**
 * Bytes whose order shows: no frame, page, or part of them is like its neighbor. Filled by a loop, since `Uint8Array.from` calls a
 * function for each byte, which for a part of 5 MiB takes half a second (2026-11).
 */
export function patternOf(sizeBytes: number, seed = 0): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes);
  for (let i = 0; i < sizeBytes; i += 1) bytes[i] = (i * 7 + (i >> 8) * 13 + seed) % 251;
  return bytes;
}

/** Vitest's `toEqual` compares byte by byte as values of any kind, which for a part of 5 MiB takes a second (2026-11). */
export function expectSameBytes(
  given: Uint8Array | ArrayBuffer,
  expected: Uint8Array | readonly Uint8Array[],
): void {
  const got = given instanceof ArrayBuffer ? Buffer.from(given) : given;
  const wanted = expected instanceof Uint8Array ? expected : Buffer.concat(expected);
  expect(got.byteLength).toBe(wanted.byteLength);
  if (Buffer.compare(got, wanted) === 0) return;
  const at = got.findIndex((byte, i) => byte !== wanted[i]);
  expect.fail(`byte ${at} is ${got[at]} instead of ${wanted[at]}`);
}
