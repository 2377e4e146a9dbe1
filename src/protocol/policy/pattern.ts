import { type Glob, literalGlob, parseGlob } from "../../lib/glob.ts";
import {
  type ConditionKey,
  NEEDS_OBJECT,
  parseConditionKey,
  type PolicyContext,
} from "./context.ts";

/** A text of a policy in which the request's own values may be put. */
export type Pattern = Glob | Template;

/** What is between the variables as globs, so that a value that is put in is nothing but itself. */
export interface Template {
  readonly parts: readonly (Glob | Variable)[];
}

interface Variable {
  readonly key: ConditionKey;
  readonly fallback: string | undefined;
}

/** A variable has no value, or more than one: the pattern is none. */
export const UNRESOLVED = Symbol("unresolved");

export interface PatternSyntax {
  /** Version 2012-10-17 has variables. */
  readonly hasVariables: boolean;
  readonly hasWildcards: boolean;
}

/**
 * `arn:${partition}` and the like: `*` and `?`, `${key}`, `${key, 'default'}`, and `${*}`, `${?}`, `${$}` for these
 * characters themselves.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export function parsePattern(text: string, { hasVariables, hasWildcards }: PatternSyntax): Pattern {
  const globOf = hasWildcards ? parseGlob : literalGlob;
  if (!hasVariables || !text.includes("${")) return globOf(text);
  const parts: (Glob | Variable)[] = [];
  let at = 0;
  for (;;) {
    const start = text.indexOf("${", at);
    const end = start === -1 ? -1 : text.indexOf("}", start);
    if (end === -1) break;
    parts.push(globOf(text.slice(at, start)), readVariable(text.slice(start + 2, end)));
    at = end + 1;
  }
  // A variable that has no end is text.
  parts.push(globOf(text.slice(at)));
  const globs = parts.filter(isGlob);
  return globs.length === parts.length ? joinGlobs(globs) : { parts };
}

const ESCAPES = new Set(["*", "?", "$"]);

function readVariable(inner: string): Glob | Variable {
  if (ESCAPES.has(inner)) return literalGlob(inner);
  const comma = inner.indexOf(",");
  if (comma === -1) return { key: parseConditionKey(inner.trim()), fallback: undefined };
  const quoted = inner.slice(comma + 1).trim();
  const isQuoted = quoted.length > 1 && quoted.startsWith("'") && quoted.endsWith("'");
  return {
    key: parseConditionKey(inner.slice(0, comma).trim()),
    fallback: isQuoted ? quoted.slice(1, -1) : undefined,
  };
}

/** What the pattern is for this request. */
export function resolvePattern(
  pattern: Pattern,
  context: PolicyContext,
): Glob | typeof UNRESOLVED | typeof NEEDS_OBJECT {
  if (isGlob(pattern)) return pattern;
  const globs: Glob[] = [];
  for (const part of pattern.parts) {
    if (isGlob(part)) {
      globs.push(part);
      continue;
    }
    const value = context.value(part.key);
    if (value === NEEDS_OBJECT) return NEEDS_OBJECT;
    const text =
      typeof value === "string" ? value : value === undefined ? part.fallback : undefined;
    if (text === undefined) return UNRESOLVED;
    globs.push(literalGlob(text));
  }
  return joinGlobs(globs);
}

/** Has it no variables? */
export function isGlob(part: Pattern | Variable): part is Glob {
  return Array.isArray(part);
}

/** One glob behind another: the last text of one and the first of the next become one. */
function joinGlobs(globs: readonly Glob[]): Glob {
  const runs: string[][] = [[""]];
  for (const glob of globs)
    for (const [i, run] of glob.entries()) {
      if (i > 0) runs.push([""]);
      const last = runs.at(-1) ?? [];
      for (const [j, text] of run.entries()) {
        if (j > 0) last.push(text);
        else last.push((last.pop() ?? "") + text);
      }
    }
  return runs;
}
