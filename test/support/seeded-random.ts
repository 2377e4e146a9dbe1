/** Whole numbers from 0 up to a bound, the same ones on every run (mulberry32). */
export function seededRandom(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

// Both sides of every place where UTF-8 grows a byte, and of the surrogates.
const EDGES = [
  0x00, 0x2f, 0x61, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfffd, 0xffff, 0x10000, 0x1f600,
  0x10ffff,
];

/** Short well-formed strings of few different characters, so that common beginnings are common. */
export function randomText(random: (bound: number) => number): string {
  const codePoints = Array.from({ length: random(5) }, () => EDGES[random(EDGES.length)] ?? 0);
  return String.fromCodePoint(...codePoints);
}

/** One of the values. */
export function pick<T>(random: (bound: number) => number, values: readonly T[]): T {
  const value = values[random(values.length)];
  if (value === undefined) throw new Error("nothing to pick from");
  return value;
}
