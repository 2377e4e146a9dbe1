import { BlockBuffer } from "./block-buffer.ts";
import {
  avalanche64,
  bytesOf,
  halvesOf,
  PRIME64_1,
  PRIME64_2,
  PRIME64_3,
  PRIME64_4,
  PRIME64_5,
  rotateLeft,
  u64,
  u64At,
  upperHalf,
} from "./u64.ts";

const STRIPE_BYTES = 32;

/**
 * XXH64 of a stream, with the seed 0.
 *
 * Source: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
 */
export class XxHash64 {
  readonly #lanes = halvesOf([u64(PRIME64_1 + PRIME64_2), PRIME64_2, 0n, u64(-PRIME64_1)]);
  readonly #buffer = new BlockBuffer((view, lengthBytes) => {
    for (let at = 0; at < lengthBytes; at += STRIPE_BYTES) addStripe(this.#lanes, view, at);
  });

  update(chunk: Uint8Array): void {
    this.#buffer.update(chunk);
  }

  /** Ends it: 8 bytes, big-endian. */
  digest(): Uint8Array {
    const { view, restBytes, totalBytes } = this.#buffer;
    let at = 0;
    for (; at + STRIPE_BYTES <= restBytes; at += STRIPE_BYTES) addStripe(this.#lanes, view, at);
    let hash = totalBytes < STRIPE_BYTES ? PRIME64_5 : this.#merged();
    hash = u64(hash + BigInt(totalBytes));
    for (; at + 8 <= restBytes; at += 8) {
      hash ^= round(0n, view.getBigUint64(at, true));
      hash = u64(rotateLeft(hash, 27n) * PRIME64_1 + PRIME64_4);
    }
    for (; at + 4 <= restBytes; at += 4) {
      hash ^= u64(BigInt(view.getUint32(at, true)) * PRIME64_1);
      hash = u64(rotateLeft(hash, 23n) * PRIME64_2 + PRIME64_3);
    }
    for (; at < restBytes; at++) {
      hash ^= u64(BigInt(view.getUint8(at)) * PRIME64_5);
      hash = u64(rotateLeft(hash, 11n) * PRIME64_1);
    }
    return bytesOf(avalanche64(hash));
  }

  #merged(): bigint {
    const lanes = [0, 1, 2, 3].map((lane) => u64At(this.#lanes, lane));
    const rotations = [1n, 7n, 12n, 18n];
    let hash = 0n;
    for (const [index, lane] of lanes.entries())
      hash = u64(hash + rotateLeft(lane, rotations[index] ?? 0n));
    for (const lane of lanes) hash = u64((hash ^ round(0n, lane)) * PRIME64_1 + PRIME64_4);
    return hash;
  }
}

function round(lane: bigint, input: bigint): bigint {
  return u64(rotateLeft(u64(lane + input * PRIME64_2), 31n) * PRIME64_1);
}

const [PRIME_1_LOW = 0, PRIME_1_HIGH = 0, PRIME_2_LOW = 0, PRIME_2_HIGH = 0] = halvesOf([
  PRIME64_1,
  PRIME64_2,
]);

/** {@link round} for each of four lanes, in halves. */
function addStripe(lanes: Int32Array, view: DataView, at: number): void {
  for (let lane = 0; lane < 8; lane += 2) {
    const low = view.getInt32(at + 4 * lane, true);
    const high = view.getInt32(at + 4 * lane + 4, true);
    const productLow = Math.imul(low, PRIME_2_LOW);
    const productHigh =
      upperHalf(low, PRIME_2_LOW, productLow) +
      Math.imul(low, PRIME_2_HIGH) +
      Math.imul(high, PRIME_2_LOW);

    const sum = ((lanes[lane] ?? 0) >>> 0) + (productLow >>> 0);
    const sumHigh = ((lanes[lane + 1] ?? 0) + productHigh + Math.floor(sum * 2 ** -32)) | 0;
    const sumLow = sum | 0;

    const rotatedLow = (sumLow << 31) | (sumHigh >>> 1);
    const rotatedHigh = (sumHigh << 31) | (sumLow >>> 1);
    const roundLow = Math.imul(rotatedLow, PRIME_1_LOW);
    lanes[lane] = roundLow;
    lanes[lane + 1] =
      upperHalf(rotatedLow, PRIME_1_LOW, roundLow) +
      Math.imul(rotatedLow, PRIME_1_HIGH) +
      Math.imul(rotatedHigh, PRIME_1_LOW);
  }
}
