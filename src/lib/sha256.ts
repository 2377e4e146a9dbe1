import { hash as hashByPlatform } from "node:crypto";

/**
 * SHA-256 and HMAC-SHA-256 of texts of some hundred bytes. A hash of node:crypto is in workerd a stream and a native
 * object, which cost more to make and to collect than so short a text costs to hash: a tenth of the CPU time of a small
 * GET (measured 2026-11-23). What is longer is for node:crypto.
 *
 * Sources: FIPS 180-4, https://www.rfc-editor.org/rfc/rfc2104
 */
const BLOCK_BYTES = 64;
const LENGTH_BYTES = 8;
const ROUNDS = 64;

/** The hash of the blocks so far, as eight words. */
type State = Int32Array;

const PRIMES = firstPrimes(ROUNDS);
/** The first 32 bits of the fractions of the primes' cube roots, and of the square roots of the first eight. */
const CONSTANTS = Int32Array.from(PRIMES, (prime) => fractionBits(Math.cbrt(prime)));
const INITIAL: State = Int32Array.from(PRIMES.slice(0, 8), (prime) =>
  fractionBits(Math.sqrt(prime)),
);

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let candidate = 2; primes.length < count; candidate += 1)
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  return primes;
}

function fractionBits(root: number): number {
  return Math.floor((root % 1) * 2 ** 32) | 0;
}

/** A key of HMAC, as the states that its two pads lead to: they need not be hashed for each text. */
export interface HmacKey {
  readonly inner: State;
  readonly outer: State;
}

/** @param key at most 64 bytes */
export function hmacKey(key: Uint8Array): HmacKey {
  const stateAfter = (pad: number): State => {
    const block = new DataView(new ArrayBuffer(BLOCK_BYTES));
    for (let at = 0; at < BLOCK_BYTES; at += 1) block.setUint8(at, (key[at] ?? 0) ^ pad);
    const state = INITIAL.slice();
    compress(state, block, 0);
    return state;
  };
  return { inner: stateAfter(0x36), outer: stateAfter(0x5c) };
}

/** Longer texts are hashed by node:crypto: its objects cost little beside the hashing then. */
const MAX_SHORT_LENGTH = 8192;

/** In hex. */
export function sha256Hex(text: string): string {
  if (text.length > MAX_SHORT_LENGTH) return hashByPlatform("sha256", text, "hex");
  return hexOf(hashInput(INITIAL, 0, write(text)));
}

/** In hex. */
export function hmacSha256Hex({ inner, outer }: HmacKey, text: string): string {
  const hash = hashInput(inner, BLOCK_BYTES, write(text));
  for (let i = 0; i < 8; i += 1) view.setInt32(4 * i, hash[i] ?? 0);
  return hexOf(hashInput(outer, BLOCK_BYTES, hash.byteLength));
}

const encoder = new TextEncoder();
/** Holds one text at a time, and its padding; grows to the longest. */
let input = new Uint8Array(4096);
let view = new DataView(input.buffer);

/** @returns how many bytes of input the text has become */
function write(text: string): number {
  const mostBytes = 3 * text.length + 2 * BLOCK_BYTES;
  if (input.length < mostBytes) {
    input = new Uint8Array(mostBytes);
    view = new DataView(input.buffer);
  }
  return encoder.encodeInto(text, input).written;
}

const current: State = new Int32Array(8);

/**
 * Pads the input, and takes it into a state that has seen `hashedBytes` before.
 *
 * @returns the hash, which the next call overwrites
 */
function hashInput(state: State, hashedBytes: number, lengthBytes: number): State {
  const endAt = (lengthBytes + LENGTH_BYTES + BLOCK_BYTES) & -BLOCK_BYTES;
  input[lengthBytes] = 0x80;
  input.fill(0, lengthBytes + 1, endAt);
  view.setUint32(endAt - 4, 8 * (hashedBytes + lengthBytes));
  current.set(state);
  for (let at = 0; at < endAt; at += BLOCK_BYTES) compress(current, view, at);
  return current;
}

const schedule = new Int32Array(ROUNDS);

/** Takes one more block into the state. */
function compress(state: State, bytes: DataView, blockAt: number): void {
  for (let i = 0; i < 16; i += 1) schedule[i] = bytes.getInt32(blockAt + 4 * i);
  for (let i = 16; i < ROUNDS; i += 1) {
    const x = schedule[i - 15] ?? 0;
    const y = schedule[i - 2] ?? 0;
    const sigma0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
    const sigma1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
    schedule[i] = ((schedule[i - 16] ?? 0) + sigma0 + (schedule[i - 7] ?? 0) + sigma1) | 0;
  }
  // By index: to destructure would run an iterator.
  let a = state[0] ?? 0;
  let b = state[1] ?? 0;
  let c = state[2] ?? 0;
  let d = state[3] ?? 0;
  let e = state[4] ?? 0;
  let f = state[5] ?? 0;
  let g = state[6] ?? 0;
  let h = state[7] ?? 0;
  for (let i = 0; i < ROUNDS; i += 1) {
    const sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const choice = (e & f) ^ (~e & g);
    const first = (h + sum1 + choice + (CONSTANTS[i] ?? 0) + (schedule[i] ?? 0)) | 0;
    const sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + sum0 + majority) | 0;
  }
  state[0] = (state[0] ?? 0) + a;
  state[1] = (state[1] ?? 0) + b;
  state[2] = (state[2] ?? 0) + c;
  state[3] = (state[3] ?? 0) + d;
  state[4] = (state[4] ?? 0) + e;
  state[5] = (state[5] ?? 0) + f;
  state[6] = (state[6] ?? 0) + g;
  state[7] = (state[7] ?? 0) + h;
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

function hexOf(state: State): string {
  let hex = "";
  for (const word of state) hex += (word >>> 0).toString(16).padStart(8, "0");
  return hex;
}
