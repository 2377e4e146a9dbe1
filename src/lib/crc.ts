/**
 * CRCs of small inputs, and CRCs joined without their bytes. Bytes in quantity are the platform's work; this is for where
 * nothing may wait, as inside a SQLite transaction.
 *
 * All are reflected, begin with ones, and end inverted. A CRC, an operator, and a polynomial is a number of 64 bits in two
 * halves, whose highest bit is the coefficient of x^0. One of 32 bits stands in the lower half: that multiplies it and its
 * polynomial by x^32, and what is computed modulo the one is right modulo the other.
 */
interface Polynomial {
  readonly high: number;
  readonly low: number;
}

interface CrcParameters {
  readonly widthBytes: 4 | 8;
  /** Without its highest term, reflected. */
  readonly polynomial: Polynomial;
}

/**
 * Source: https://reveng.sourceforge.io/crc-catalogue/all.htm (CRC-32/ISO-HDLC, CRC-32/ISCSI, CRC-64/NVME)
 */
const CRCS = {
  CRC32: { widthBytes: 4, polynomial: { high: 0, low: 0xedb88320 } },
  CRC32C: { widthBytes: 4, polynomial: { high: 0, low: 0x82f63b78 } },
  CRC64NVME: { widthBytes: 8, polynomial: { high: 0x9a6c9329, low: 0xac4bc9b5 } },
} as const satisfies Readonly<Record<string, CrcParameters>>;

export type CrcName = keyof typeof CRCS;

export function isCrcName(name: string): name is CrcName {
  return Object.hasOwn(CRCS, name);
}

/** The CRC, big-endian: 4 or 8 bytes. */
export function crc(name: CrcName, bytes: Uint8Array): Uint8Array {
  const { widthBytes } = CRCS[name];
  const table = (tables[name] ??= byteTable(name));
  const inverted = widthBytes === 8 ? -1 : 0;
  let high = inverted;
  let low = -1;
  for (const byte of bytes) {
    const row = 2 * ((low ^ byte) & 0xff);
    low = ((low >>> 8) | (high << 24)) ^ (table[row + 1] ?? 0);
    high = (high >>> 8) ^ (table[row] ?? 0);
  }
  return toBytes({ high: high ^ inverted, low: ~low }, widthBytes);
}

const tables: Partial<Record<CrcName, Uint32Array>> = {};

/** What each value of a byte leaves behind when it is shifted out, in pairs of halves. */
function byteTable(name: CrcName): Uint32Array {
  const table = new Uint32Array(512);
  for (let byte = 0; byte < 256; byte++) {
    const { high, low } = multiply(X_TO_8, { high: 0, low: byte }, CRCS[name].polynomial);
    table[2 * byte] = high;
    table[2 * byte + 1] = low;
  }
  return table;
}

/**
 * The CRC of A followed by B, from the CRCs of both and the length of B (below 2^53): crc(A)·x^(8·length) + crc(B).
 *
 * Source: crc32_combine_op of zlib, https://github.com/madler/zlib/blob/develop/crc32.c
 */
export function combineCrc(
  name: CrcName,
  crcOfA: Uint8Array,
  crcOfB: Uint8Array,
  lengthBytesOfB: number,
): Uint8Array {
  const { widthBytes, polynomial } = CRCS[name];
  const a = multiply(operatorOf(name, lengthBytesOfB), fromBytes(crcOfA), polynomial);
  const b = fromBytes(crcOfB);
  return toBytes({ high: a.high ^ b.high, low: a.low ^ b.low }, widthBytes);
}

/** The operator used last: the parts of an upload mostly have one length. */
const lastOperators: Partial<Record<CrcName, { lengthBytes: number; operator: Polynomial }>> = {};

/** x^(8·length). */
function operatorOf(name: CrcName, lengthBytes: number): Polynomial {
  const last = lastOperators[name];
  if (last?.lengthBytes === lengthBytes) return last.operator;
  const { polynomial } = CRCS[name];
  const squares = (squaresOf[name] ??= repeatedSquares(polynomial));
  let operator: Polynomial = ONE;
  let rest = lengthBytes;
  for (const square of squares) {
    if (rest === 0) break;
    if (rest % 2 === 1) operator = multiply(square, operator, polynomial);
    rest = Math.floor(rest / 2);
  }
  lastOperators[name] = { lengthBytes, operator };
  return operator;
}

const ONE: Polynomial = { high: 0x80000000, low: 0 };
const X_TO_8: Polynomial = { high: 0x00800000, low: 0 };

const squaresOf: Partial<Record<CrcName, readonly Polynomial[]>> = {};

/** x^(8·2^k) for each bit k of a length. */
function repeatedSquares(modulus: Polynomial): readonly Polynomial[] {
  const squares = [X_TO_8];
  let last = X_TO_8;
  while (squares.length < 53) {
    last = multiply(last, last, modulus);
    squares.push(last);
  }
  return squares;
}

/** Halves in local variables: with BigInt, or an object for each step, it takes several times as long (measured 2026-11). */
function multiply(a: Polynomial, b: Polynomial, modulus: Polynomial): Polynomial {
  let high = 0;
  let low = 0;
  let shiftedHigh = b.high;
  let shiftedLow = b.low;
  for (const half of [a.high, a.low]) {
    for (let bit = 31; bit >= 0; bit--) {
      const isTerm = -((half >>> bit) & 1);
      high ^= shiftedHigh & isTerm;
      low ^= shiftedLow & isTerm;
      const overflows = -(shiftedLow & 1);
      shiftedLow = ((shiftedLow >>> 1) | (shiftedHigh << 31)) ^ (modulus.low & overflows);
      shiftedHigh = (shiftedHigh >>> 1) ^ (modulus.high & overflows);
    }
  }
  return { high, low };
}

function fromBytes(bytes: Uint8Array): Polynomial {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength === 4) return { high: 0, low: view.getUint32(0) };
  return { high: view.getUint32(0), low: view.getUint32(4) };
}

function toBytes({ high, low }: Polynomial, widthBytes: 4 | 8): Uint8Array {
  const bytes = new Uint8Array(widthBytes);
  const view = new DataView(bytes.buffer);
  if (widthBytes === 8) view.setUint32(0, high);
  view.setUint32(widthBytes - 4, low);
  return bytes;
}
