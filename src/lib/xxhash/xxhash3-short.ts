/** XXH3 of inputs of at most 240 bytes, by their length. The pairs are high, low. */
import { secretPair, secretU32, secretU64 } from "./secret.ts";
import {
  avalanche3,
  avalanche64,
  foldedProduct,
  PRIME32_2,
  PRIME64_1,
  PRIME64_2,
  PRIME64_4,
  rotateLeft,
  u64,
} from "./u64.ts";

type Pair = readonly [high: bigint, low: bigint];

const PRIME_MX2 = 0x9fb21c651e98df25n;

export function shortHash64(input: Uint8Array): bigint {
  const view = viewOf(input);
  const length = input.byteLength;
  if (length > 128) return upTo240Of64(view);
  if (length > 16) return upTo128Of64(view);
  if (length > 8) return upTo16Of64(view);
  if (length > 3) return upTo8Of64(view);
  if (length > 0) return avalanche64(secretU32(0) ^ secretU32(4) ^ BigInt(combined(view)));
  return avalanche64(secretPair(56));
}

export function shortHash128(input: Uint8Array): Pair {
  const view = viewOf(input);
  const length = input.byteLength;
  if (length > 128) return upTo240Of128(view);
  if (length > 16) return upTo128Of128(view);
  if (length > 8) return upTo16Of128(view);
  if (length > 3) return upTo8Of128(view);
  if (length > 0) return upTo3Of128(view);
  return [avalanche64(secretPair(80)), avalanche64(secretPair(64))];
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function upTo3Of128(view: DataView): Pair {
  const low = combined(view);
  const swapped = swap32(low);
  const rotated = ((swapped << 13) | (swapped >>> 19)) >>> 0;
  return [
    avalanche64(secretU32(8) ^ secretU32(12) ^ BigInt(rotated)),
    avalanche64(secretU32(0) ^ secretU32(4) ^ BigInt(low)),
  ];
}

/** One to three bytes and their number in 32 bits. */
function combined(view: DataView): number {
  const length = view.byteLength;
  const first = view.getUint8(0);
  const middle = view.getUint8(length >> 1);
  return (view.getUint8(length - 1) | (length << 8) | (first << 16) | (middle << 24)) >>> 0;
}

function upTo8Of64(view: DataView): bigint {
  const length = view.byteLength;
  const last = BigInt(view.getUint32(length - 4, true));
  const first = BigInt(view.getUint32(0, true));
  let hash = secretPair(8) ^ (last | (first << 32n));
  hash ^= rotateLeft(hash, 49n) ^ rotateLeft(hash, 24n);
  hash = u64(hash * PRIME_MX2);
  hash ^= (hash >> 35n) + BigInt(length);
  hash = u64(hash * PRIME_MX2);
  return hash ^ (hash >> 28n);
}

function upTo8Of128(view: DataView): Pair {
  const length = view.byteLength;
  const first = BigInt(view.getUint32(0, true));
  const last = BigInt(view.getUint32(length - 4, true));
  const product = (secretPair(16) ^ (first | (last << 32n))) * (PRIME64_1 + BigInt(length << 2));
  let low = u64(product);
  const high = u64((product >> 64n) + (low << 1n));
  low ^= high >> 3n;
  low = u64((low ^ (low >> 35n)) * PRIME_MX2);
  return [avalanche3(high), low ^ (low >> 28n)];
}

function upTo16Of64(view: DataView): bigint {
  const length = view.byteLength;
  const low = secretPair(24) ^ view.getBigUint64(0, true);
  const high = secretPair(40) ^ view.getBigUint64(length - 8, true);
  return avalanche3(u64(BigInt(length) + swap64(low) + high + foldedProduct(low, high)));
}

function upTo16Of128(view: DataView): Pair {
  const length = view.byteLength;
  const first = view.getBigUint64(0, true);
  const last = view.getBigUint64(length - 8, true);
  const product = (secretPair(32) ^ first ^ last) * PRIME64_1;
  const keyedLast = secretPair(48) ^ last;
  let low = u64(product + (BigInt(length - 1) << 54n));
  const high = u64((product >> 64n) + keyedLast + (keyedLast & 0xffffffffn) * (PRIME32_2 - 1n));
  low ^= swap64(high);
  const second = low * PRIME64_2;
  return [avalanche3(u64((second >> 64n) + high * PRIME64_2)), avalanche3(u64(second))];
}

function upTo128Of64(view: DataView): bigint {
  const length = view.byteLength;
  let hash = BigInt(length) * PRIME64_1;
  for (let round = (length - 1) >> 5; round >= 0; round--) {
    hash += mix(view, 16 * round, 32 * round);
    hash += mix(view, length - 16 * round - 16, 32 * round + 16);
  }
  return avalanche3(u64(hash));
}

function upTo128Of128(view: DataView): Pair {
  const length = view.byteLength;
  let lanes: Pair = [0n, u64(BigInt(length) * PRIME64_1)];
  for (let round = (length - 1) >> 5; round >= 0; round--)
    lanes = mixTwo(lanes, view, 16 * round, length - 16 * round - 16, 32 * round);
  return mergedLanes(lanes, length);
}

function upTo240Of64(view: DataView): bigint {
  const length = view.byteLength;
  let hash = BigInt(length) * PRIME64_1;
  for (let at = 0; at < 128; at += 16) hash += mix(view, at, at);
  hash = avalanche3(u64(hash));
  for (let at = 128; at + 16 <= length; at += 16) hash += mix(view, at, at - 128 + 3);
  hash += mix(view, length - 16, 119);
  return avalanche3(u64(hash));
}

function upTo240Of128(view: DataView): Pair {
  const length = view.byteLength;
  let lanes: Pair = [0n, u64(BigInt(length) * PRIME64_1)];
  for (let at = 0; at < 128; at += 32) lanes = mixTwo(lanes, view, at, at + 16, at);
  lanes = [avalanche3(lanes[0]), avalanche3(lanes[1])];
  for (let at = 128; at + 32 <= length; at += 32)
    lanes = mixTwo(lanes, view, at, at + 16, at - 128 + 3);
  return mergedLanes(mixTwo(lanes, view, length - 16, length - 32, 103), length);
}

function mergedLanes([laneB, laneA]: Pair, length: number): Pair {
  const high = laneA * PRIME64_1 + laneB * PRIME64_4 + BigInt(length) * PRIME64_2;
  return [u64(-avalanche3(u64(high))), avalanche3(u64(laneA + laneB))];
}

/** Mixes 16 bytes of the input with as many of the secret. */
function mix(view: DataView, at: number, secretAt: number): bigint {
  return foldedProduct(
    view.getBigUint64(at, true) ^ secretU64(secretAt),
    view.getBigUint64(at + 8, true) ^ secretU64(secretAt + 8),
  );
}

/** Mixes 32 bytes of the input, from two places, into two lanes. */
function mixTwo(
  [laneB, laneA]: Pair,
  view: DataView,
  a: number,
  b: number,
  secretAt: number,
): Pair {
  const mixedA = u64(laneA + mix(view, a, secretAt));
  const mixedB = u64(laneB + mix(view, b, secretAt + 16));
  return [mixedB ^ sumOfWords(view, a), mixedA ^ sumOfWords(view, b)];
}

function sumOfWords(view: DataView, at: number): bigint {
  return u64(view.getBigUint64(at, true) + view.getBigUint64(at + 8, true));
}

function swap32(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value);
  return view.getUint32(0, true);
}

function swap64(value: bigint): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, value);
  return view.getBigUint64(0, true);
}
