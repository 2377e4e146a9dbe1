/** As `engines` in package.json says: the first whose `node:sqlite` has all that the databases are used with. */
export const LEAST_NODE = "24.0.0";

/** @param version e.g. `24.21.0` */
export function isNodeOldEnough(version: string): boolean {
  const found = version.split(".").map(Number);
  for (const [i, least] of LEAST_NODE.split(".").map(Number).entries()) {
    const part = found[i] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}
