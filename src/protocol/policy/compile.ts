import { matchesGlob, parseGlob } from "../../lib/glob.ts";
import { type ArnGlobs, type ArnParts, matchesArn, splitArn } from "./arn.ts";
import { type CompiledCondition, compileCondition } from "./conditions.ts";
import { type Answer, NEEDS_OBJECT, type PolicyContext } from "./context.ts";
import { type Effect, type PolicyDocument, readPolicy, type Statement } from "./document.ts";
import { PolicyFault } from "./fault.ts";
import { isPublicPolicy } from "./is-public.ts";
import { isGlob, type Pattern, parsePattern, resolvePattern, UNRESOLVED } from "./pattern.ts";
import { compilePrincipals, GRANT, type Grant, type NamedCaller } from "./principals.ts";

/** A policy, ready to be asked of many requests (`evaluate.ts`). Kept as long as its text is. */
export interface CompiledPolicy {
  /** Does it allow something to everybody? */
  readonly isPublic: boolean;
  /** An explicit deny ends the matter, so that the Denies come first. */
  readonly statements: readonly CompiledStatement[];
}

export interface CompiledStatement {
  readonly effect: Effect;
  /** How directly it names the caller; one without a Principal belongs to the caller. */
  readonly grantTo: (caller: NamedCaller) => Grant;
  /** @param action in small letters, `s3:getobject` */
  readonly namesAction: (action: string) => boolean;
  readonly namesResource: (resource: ArnParts, context: PolicyContext) => Answer;
  readonly conditions: readonly CompiledCondition[];
}

/**
 * A policy that was stored. One that can no longer be read, which no policy that was accepted should be, denies everything:
 * what it denied is not known any more.
 */
export function compileStoredPolicy(text: string): CompiledPolicy {
  try {
    return compilePolicy(readPolicy(text));
  } catch (error) {
    if (error instanceof PolicyFault) return DENY_EVERYTHING;
    throw error;
  }
}

export function compilePolicy(document: PolicyDocument): CompiledPolicy {
  const hasVariables = document.version === "2012-10-17";
  const statements = document.statements.map((each) => compileStatement(each, hasVariables));
  return {
    isPublic: isPublicPolicy(document),
    statements: [
      ...statements.filter(({ effect }) => effect === "Deny"),
      ...statements.filter(({ effect }) => effect === "Allow"),
    ],
  };
}

const DENY_EVERYTHING: CompiledPolicy = {
  isPublic: false,
  statements: [
    {
      effect: "Deny",
      grantTo: () => GRANT.anyone,
      namesAction: () => true,
      namesResource: () => true,
      conditions: [],
    },
  ],
};

function compileStatement(
  { effect, principal, action, resource, conditions }: Statement,
  hasVariables: boolean,
): CompiledStatement {
  // What a stored statement lacks, it would not have been accepted without: an Allow that lacks it allows nothing.
  const isIncomplete = action === undefined || resource === undefined;
  return {
    effect,
    grantTo: principal === undefined ? () => GRANT.exact : compilePrincipals(principal, effect),
    namesAction: isIncomplete ? () => effect === "Deny" : compileActions(action),
    namesResource: isIncomplete
      ? () => effect === "Deny"
      : compileResources(resource, effect, hasVariables),
    conditions: conditions.map((each) => compileCondition(each, effect, hasVariables)),
  };
}

type Named = NonNullable<Statement["action"]>;

function compileActions({ isNot, values }: Named): (action: string) => boolean {
  const globs = values.map((value) => parseGlob(value.toLowerCase()));
  return (action) => globs.some((glob) => matchesGlob(glob, action)) !== isNot;
}

/** Undefined: it is no ARN. */
type ResourcePattern =
  | "every"
  | { readonly fixed: ArnGlobs }
  | { readonly head: ArnGlobs; readonly rest: Pattern }
  | undefined;

function compileResources(
  { isNot, values }: Named,
  effect: Effect,
  hasVariables: boolean,
): CompiledStatement["namesResource"] {
  const patterns = values.map((value) => compileResource(value, hasVariables));
  return (resource, context) => {
    let isUnresolved = false;
    let answer: Answer = false;
    for (const pattern of patterns) {
      const result = matchesResource(pattern, resource, context);
      if (result === true) return !isNot;
      if (result === UNRESOLVED) isUnresolved = true;
      else if (result === NEEDS_OBJECT) answer = NEEDS_OBJECT;
    }
    // A variable without a value matches nothing, and the opposite of nothing would widen what is allowed.
    if (isNot && isUnresolved && effect === "Allow") return false;
    return answer === NEEDS_OBJECT ? NEEDS_OBJECT : isNot;
  };
}

/** Variables may stand in the last part only. */
function compileResource(text: string, hasVariables: boolean): ResourcePattern {
  if (text === "*") return "every";
  const parts = splitArn(text);
  if (parts === undefined) return undefined;
  const head = parts.slice(0, -1).map(parseGlob);
  const rest = parsePattern(parts.at(-1) ?? "", { hasVariables, hasWildcards: true });
  return isGlob(rest) ? { fixed: [...head, rest] } : { head, rest };
}

function matchesResource(
  pattern: ResourcePattern,
  resource: ArnParts,
  context: PolicyContext,
): Answer | typeof UNRESOLVED {
  if (pattern === "every") return true;
  if (pattern === undefined) return UNRESOLVED;
  if ("fixed" in pattern) return matchesArn(pattern.fixed, resource);
  const rest = resolvePattern(pattern.rest, context);
  return typeof rest === "symbol" ? rest : matchesArn([...pattern.head, rest], resource);
}
