/** A run of the endless text that belongs to a seed. */
interface Run {
  readonly seed: number;
  readonly offset: number;
  readonly length: number;
}

/** Bytes that are known without being held: objects of megabytes cost a test nothing until they are compared. */
export type Rope = readonly Run[];

export function newRope(seed: number, length: number): Rope {
  return [{ seed, offset: 0, length }];
}

export function ropeLength(rope: Rope): number {
  return rope.reduce((sum, { length }) => sum + length, 0);
}

export function sliceRope(rope: Rope, offset: number, length: number): Rope {
  const runs: Run[] = [];
  let at = 0;
  for (const run of rope) {
    const from = Math.max(offset, at);
    const to = Math.min(offset + length, at + run.length);
    if (from < to) runs.push({ ...run, offset: run.offset + from - at, length: to - from });
    at += run.length;
  }
  return runs;
}

export function bytesOfRope(rope: Rope): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(ropeLength(rope));
  let at = 0;
  for (const { seed, offset, length } of rope)
    for (let i = offset; i < offset + length; i += 1) bytes[at++] = byteAt(seed, i);
  return bytes;
}

/** Where something else begins: the places at which a wrong seam would show. */
export function seamsOf(rope: Rope): number[] {
  const seams = [0];
  for (const { length } of rope) seams.push((seams.at(-1) ?? 0) + length);
  return seams;
}

function byteAt(seed: number, position: number): number {
  return Math.imul(position + 1, 0x9e3779b1 ^ (seed * 0x85ebca6b)) >>> 24;
}
