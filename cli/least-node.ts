/**
 * The first of each line of Node's whose `node:sqlite` has what the databases are used with: `setReturnArrays`. Later lines
 * have it from the beginning. As in `engines` of package.json.
 *
 * Source: https://nodejs.org/api/sqlite.html#statementsetreturnarraysenabled
 */
const FIRST_MINORS: Readonly<Record<number, number>> = { 22: 16 };
const LATER_MAJOR = 24;

/** @param version e.g. `24.21.0`. @returns a sentence, if Ledge does not run on it */
export function complaintOfNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const first = FIRST_MINORS[major];
  if (major >= LATER_MAJOR || (first !== undefined && minor >= first)) return undefined;
  return `Ledge needs Node 22.16 or later, but not 23; this is Node ${version}`;
}
