/**
 * Unsigned arithmetic of 64 bits by BigInt, for what is computed once for an input. Loops over all of its bytes compute with
 * halves of 32 bits instead, which is faster.
 */

export const PRIME32_1 = 0x9e3779b1n;
export const PRIME32_2 = 0x85ebca77n;
export const PRIME32_3 = 0xc2b2ae3dn;
export const PRIME64_1 = 0x9e3779b185ebca87n;
export const PRIME64_2 = 0xc2b2ae3d27d4eb4fn;
export const PRIME64_3 = 0x165667b19e3779f9n;
export const PRIME64_4 = 0x85ebca77c2b2ae63n;
export const PRIME64_5 = 0x27d4eb2f165667c5n;

export function u64(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

export function rotateLeft(value: bigint, bits: bigint): bigint {
  return u64(value << bits) | (value >> (64n - bits));
}

/** The product of 128 bits, its halves joined by exclusive or. */
export function foldedProduct(a: bigint, b: bigint): bigint {
  const product = a * b;
  return u64(product) ^ (product >> 64n);
}

export function avalanche64(value: bigint): bigint {
  let mixed = value ^ (value >> 33n);
  mixed = u64(mixed * PRIME64_2);
  mixed ^= mixed >> 29n;
  mixed = u64(mixed * PRIME64_3);
  return mixed ^ (mixed >> 32n);
}

export function avalanche3(value: bigint): bigint {
  const mixed = u64((value ^ (value >> 37n)) * 0x165667919e3779f9n);
  return mixed ^ (mixed >> 32n);
}

/** What an array of low and high halves in turn holds. */
export function u64At(halves: Int32Array, index: number): bigint {
  const [low = 0, high = 0] = halves.subarray(2 * index, 2 * index + 2);
  return u64((BigInt(high) << 32n) | BigInt(low >>> 0));
}

/** The inverse of {@link u64At}. */
export function halvesOf(values: readonly bigint[]): Int32Array {
  return Int32Array.from(
    values.flatMap((value) => [Number(value & 0xffffffffn), Number(value >> 32n)]),
  );
}

/** Big-endian, as xxHash's canonical form has it. */
export function bytesOf(...values: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(8 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setBigUint64(8 * index, value);
  return bytes;
}

/**
 * The upper half of the product of two unsigned halves, from its lower one. A product of doubles is wrong by less than
 * 2^11, so without its lower half it rounds to the right multiple of 2^32.
 */
export function upperHalf(a: number, b: number, lowerHalf: number): number {
  return (((a >>> 0) * (b >>> 0) - (lowerHalf >>> 0)) * 2 ** -32 + 0.5) | 0;
}
