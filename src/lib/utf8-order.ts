/** Negative, zero or positive: the order of two well-formed strings' UTF-8 bytes, which is S3's and SQLite's order. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points over U+FFFF, so they come after U+E000…U+FFFF, not before. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

const LAST_CODE_POINT = 0x10ffff;

/**
 * The least string that is greater, in UTF-8 order, than every string that begins with `prefix`.
 *
 * @returns undefined when there is none: the prefix is empty, or U+10FFFF only
 */
export function successorOfPrefix(prefix: string): string | undefined {
  const codePoints = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (codePoints.at(-1) === LAST_CODE_POINT) codePoints.pop();
  const last = codePoints.pop();
  if (last === undefined) return undefined;
  const next = last === 0xd7ff ? 0xe000 : last + 1;
  return String.fromCodePoint(...codePoints, next);
}
