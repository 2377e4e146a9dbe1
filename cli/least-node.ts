/**
 * The first of each line of Node's whose `node:sqlite` reads a text that has U+0000 in it to its end, as keys may have it;
 * found by trying (2026-11). Later lines have it from the beginning. As in `engines` of package.json.
 */
const FIRST_MINORS: Readonly<Record<number, number>> = { 24: 16, 26: 1 };
const LATER_MAJOR = 27;

/** @param version e.g. `24.21.0`. @returns a sentence, if Ledge does not run on it */
export function complaintOfNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const first = FIRST_MINORS[major];
  if (major >= LATER_MAJOR || (first !== undefined && minor >= first)) return undefined;
  return `Ledge needs Node 24.16 or later, but not 25 or 26.0; this is Node ${version}`;
}
