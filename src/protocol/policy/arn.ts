import { type Glob, matchesGlob } from "../../lib/glob.ts";

/** `arn`, partition, service, region, account, and all the rest, which may have colons of its own. */
const PARTS = 6;

export type ArnParts = readonly string[];
/** A glob for each of them, so that no `*` reaches over a colon. */
export type ArnGlobs = readonly Glob[];

/** Undefined: it has fewer parts than an ARN. */
export function splitArn(text: string): ArnParts | undefined {
  const parts = splitAtColons(text, PARTS);
  return parts.length === PARTS ? parts : undefined;
}

/** The same for a glob. */
export function splitArnGlob(glob: Glob): ArnGlobs | undefined {
  const parts: string[][][] = [[]];
  for (const run of glob) {
    parts.at(-1)?.push([]);
    for (const text of run) {
      for (const [i, piece] of splitAtColons(text, PARTS + 1 - parts.length).entries()) {
        if (i > 0) parts.push([[]]);
        parts.at(-1)?.at(-1)?.push(piece);
      }
    }
  }
  return parts.length === PARTS ? parts : undefined;
}

export function matchesArn(globs: ArnGlobs, arn: ArnParts): boolean {
  // The last part differs most often.
  for (let i = PARTS - 1; i >= 0; i -= 1)
    if (!matchesGlob(globs[i] ?? [], arn[i] ?? "")) return false;
  return true;
}

/** @param most pieces; the last one has the colons that are left */
function splitAtColons(text: string, most: number): string[] {
  const pieces = text.split(":");
  return pieces.length <= most
    ? pieces
    : [...pieces.slice(0, most - 1), pieces.slice(most - 1).join(":")];
}
