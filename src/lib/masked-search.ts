/**
 * The run of a glob as bits: for each character that occurs in it, the places where it may stand. The search keeps a bit for
 * each beginning of the run that has just been read, and moves all of them with one shift.
 *
 * Source: R. Baeza-Yates and G. Gonnet, A new approach to text searching, https://doi.org/10.1145/135239.135243
 */
export interface Mask {
  readonly lengthCodePoints: number;
  readonly byCodePoint: ReadonlyMap<number, Uint32Array>;
  /** Where any character may stand: all that characters which do not occur in the run can match. */
  readonly any: Uint32Array;
}

/** @param run texts with one character, whichever, between each two */
export function maskRun(run: readonly string[]): Mask {
  const places = run.flatMap((part, i) => [...(i > 0 ? [undefined] : []), ...codePoints(part)]);
  const any = new Uint32Array(Math.ceil(places.length / 32));
  for (const [place, codePoint] of places.entries())
    if (codePoint === undefined) setBit(any, place);
  const byCodePoint = new Map<number, Uint32Array>();
  for (const [place, codePoint] of places.entries()) {
    if (codePoint === undefined) continue;
    const bits = byCodePoint.get(codePoint) ?? any.slice();
    setBit(bits, place);
    byCodePoint.set(codePoint, bits);
  }
  return { lengthCodePoints: places.length, byCodePoint, any };
}

/** Where the first place of the run, from here on, ends, in UTF-16 code units; undefined when there is none. */
export function findMasked(mask: Mask, text: string, start: number): number | undefined {
  const { lengthCodePoints, byCodePoint, any } = mask;
  const words = any.length;
  const lastBit = 1 << ((lengthCodePoints - 1) & 31);
  const state = new Uint32Array(words);
  for (let at = start; at < text.length;) {
    const codePoint = text.codePointAt(at) ?? 0;
    at += codePoint > 0xffff ? 2 : 1;
    const bits = byCodePoint.get(codePoint) ?? any;
    let carry = 1;
    for (let word = 0; word < words; word += 1) {
      const before = state[word] ?? 0;
      state[word] = ((before << 1) | carry) & (bits[word] ?? 0);
      carry = before >>> 31;
    }
    if (((state[words - 1] ?? 0) & lastBit) !== 0) return at;
  }
  return undefined;
}

function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}

function setBit(words: Uint32Array, place: number): void {
  words[place >>> 5] = (words[place >>> 5] ?? 0) | (1 << (place & 31));
}
