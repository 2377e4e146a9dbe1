import { BlockBuffer } from "./block-buffer.ts";
import { SECRET_BYTES, secretHalves, secretU64 } from "./secret.ts";
import {
  avalanche3,
  bytesOf,
  foldedProduct,
  halvesOf,
  PRIME32_1,
  PRIME32_2,
  PRIME32_3,
  PRIME64_1,
  PRIME64_2,
  PRIME64_3,
  PRIME64_4,
  PRIME64_5,
  u64,
  u64At,
  upperHalf,
} from "./u64.ts";
import { shortHash128, shortHash64 } from "./xxhash3-short.ts";

const SHORT_BYTES = 240;
const STRIPE_BYTES = 64;
const STRIPES_PER_ROUND = 16;

const KEY = secretHalves(0, SECRET_BYTES);
const SCRAMBLE_KEY_AT = KEY.length - 16;
const LAST_KEY = secretHalves(SECRET_BYTES - 71, SECRET_BYTES - 7);

/**
 * XXH3 of a stream, with the seed 0 and the default secret: 64 or 128 bits.
 *
 * Source: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
 */
export class XxHash3 {
  readonly #bits: 64 | 128;
  readonly #lanes = halvesOf([
    PRIME32_3,
    PRIME64_1,
    PRIME64_2,
    PRIME64_3,
    PRIME64_4,
    PRIME32_2,
    PRIME64_5,
    PRIME32_1,
  ]);
  readonly #buffer = new BlockBuffer((view, lengthBytes) => this.#addStripes(view, lengthBytes));
  #stripesOfRound = 0;

  constructor(bits: 64 | 128) {
    this.#bits = bits;
  }

  update(chunk: Uint8Array): void {
    this.#buffer.update(chunk);
  }

  /** Ends it: 8 or 16 bytes, big-endian. */
  digest(): Uint8Array {
    const { bytes, view, restBytes, totalBytes } = this.#buffer;
    if (totalBytes <= SHORT_BYTES) {
      const input = bytes.subarray(0, totalBytes);
      return this.#bits === 64 ? bytesOf(shortHash64(input)) : bytesOf(...shortHash128(input));
    }
    this.#addStripes(view, STRIPE_BYTES * Math.floor((restBytes - 1) / STRIPE_BYTES));
    addStripe(this.#lanes, this.#lastStripe(), 0, LAST_KEY, 0);

    const length = BigInt(totalBytes);
    const low = this.#merged(u64(length * PRIME64_1), 11);
    if (this.#bits === 64) return bytesOf(low);
    const high = this.#merged(u64(~(length * PRIME64_2)), SECRET_BYTES - 75);
    return bytesOf(high, low);
  }

  #addStripes(view: DataView, lengthBytes: number): void {
    for (let at = 0; at < lengthBytes; at += STRIPE_BYTES) {
      addStripe(this.#lanes, view, at, KEY, 2 * this.#stripesOfRound);
      this.#stripesOfRound += 1;
      if (this.#stripesOfRound < STRIPES_PER_ROUND) continue;
      scramble(this.#lanes);
      this.#stripesOfRound = 0;
    }
  }

  /** The input's last 64 bytes, of which some may be hashed already. */
  #lastStripe(): DataView {
    const { bytes, restBytes } = this.#buffer;
    const last = new Uint8Array(STRIPE_BYTES);
    const ofRest = bytes.subarray(Math.max(0, restBytes - STRIPE_BYTES), restBytes);
    const missingBytes = STRIPE_BYTES - ofRest.byteLength;
    last.set(bytes.subarray(bytes.byteLength - missingBytes));
    last.set(ofRest, missingBytes);
    return new DataView(last.buffer);
  }

  #merged(start: bigint, secretAt: number): bigint {
    let hash = start;
    for (let lane = 0; lane < 8; lane += 2) {
      const a = u64At(this.#lanes, lane) ^ secretU64(secretAt + 8 * lane);
      const b = u64At(this.#lanes, lane + 1) ^ secretU64(secretAt + 8 * lane + 8);
      hash += foldedProduct(a, b);
    }
    return avalanche3(u64(hash));
  }
}

/**
 * Adds eight words to as many lanes, two at a time: to each the product of its word's halves, keyed, and the word of its
 * neighbour. Stores into the lanes are modulo 2^32; sums of halves stay exact in doubles.
 */
function addStripe(
  lanes: Int32Array,
  view: DataView,
  at: number,
  key: Int32Array,
  keyAt: number,
): void {
  for (let lane = 0; lane < 16; lane += 4) {
    const lowA = view.getInt32(at + 4 * lane, true);
    const highA = view.getInt32(at + 4 * lane + 4, true);
    const lowB = view.getInt32(at + 4 * lane + 8, true);
    const highB = view.getInt32(at + 4 * lane + 12, true);

    const keyedLowA = lowA ^ (key[keyAt + lane] ?? 0);
    const keyedHighA = highA ^ (key[keyAt + lane + 1] ?? 0);
    const productA = Math.imul(keyedLowA, keyedHighA);
    const sumA = ((lanes[lane] ?? 0) >>> 0) + (productA >>> 0) + (lowB >>> 0);
    const carriedA = upperHalf(keyedLowA, keyedHighA, productA) + Math.floor(sumA * 2 ** -32);
    lanes[lane] = sumA;
    lanes[lane + 1] = (lanes[lane + 1] ?? 0) + carriedA + highB;

    const keyedLowB = lowB ^ (key[keyAt + lane + 2] ?? 0);
    const keyedHighB = highB ^ (key[keyAt + lane + 3] ?? 0);
    const productB = Math.imul(keyedLowB, keyedHighB);
    const sumB = ((lanes[lane + 2] ?? 0) >>> 0) + (productB >>> 0) + (lowA >>> 0);
    const carriedB = upperHalf(keyedLowB, keyedHighB, productB) + Math.floor(sumB * 2 ** -32);
    lanes[lane + 2] = sumB;
    lanes[lane + 3] = (lanes[lane + 3] ?? 0) + carriedB + highA;
  }
}

const SCRAMBLE_PRIME = Number(PRIME32_1);

function scramble(lanes: Int32Array): void {
  for (let lane = 0; lane < 16; lane += 2) {
    const high = lanes[lane + 1] ?? 0;
    const low = (lanes[lane] ?? 0) ^ (high >>> 15) ^ (KEY[SCRAMBLE_KEY_AT + lane] ?? 0);
    const keyedHigh = high ^ (KEY[SCRAMBLE_KEY_AT + lane + 1] ?? 0);
    const productLow = Math.imul(low, SCRAMBLE_PRIME);
    lanes[lane] = productLow;
    lanes[lane + 1] =
      upperHalf(low, SCRAMBLE_PRIME, productLow) + Math.imul(keyedHigh, SCRAMBLE_PRIME);
  }
}
