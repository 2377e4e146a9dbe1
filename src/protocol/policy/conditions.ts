import {
  type Answer,
  type ConditionKey,
  type KeyValue,
  NEEDS_OBJECT,
  parseConditionKey,
  type PolicyContext,
} from "./context.ts";
import type { Condition, Effect } from "./document.ts";
import {
  type Match,
  NULL_OPERATOR,
  type Operator,
  parseOperator,
  readBoolean,
} from "./operators.ts";
import { isGlob, parsePattern, resolvePattern } from "./pattern.ts";

/** A condition, ready to be asked of many requests. */
export interface CompiledCondition {
  readonly key: ConditionKey;
  readonly holds: (context: PolicyContext) => Answer;
}

/** What the policy's values are for one request. */
interface Expected {
  readonly matches: Match;
  /** A value has a variable without a value: it matches nothing, and the opposite of nothing widens what is allowed. */
  readonly isUnresolved: boolean;
}

/**
 * @param effect of its statement: a condition that cannot be understood never widens access. An Allow with it does not
 *   apply, and a Deny does
 */
export function compileCondition(
  { operator: name, key: keyText, values }: Condition,
  effect: Effect,
  hasVariables: boolean,
): CompiledCondition {
  const key = parseConditionKey(keyText);
  if (name === NULL_OPERATOR) return { key, holds: compileNull(key, values, effect) };
  const operator = parseOperator(name);
  const expectedBy = operator && compileExpected(operator, values, hasVariables);
  if (operator === undefined || expectedBy === undefined)
    return { key, holds: () => effect === "Deny" };
  return {
    key,
    holds(context) {
      const value = context.value(key);
      if (value === NEEDS_OBJECT) return NEEDS_OBJECT;
      const expected = expectedBy(context);
      if (expected === NEEDS_OBJECT) return NEEDS_OBJECT;
      if (expected.isUnresolved && operator.isNegated && effect === "Allow") return false;
      return holdsFor(operator, value, expected.matches);
    },
  };
}

function compileNull(key: ConditionKey, values: readonly string[], effect: Effect) {
  const expected = new Set(values.map(readBoolean));
  const isUnreadable = expected.has(undefined);
  return (context: PolicyContext): Answer => {
    if (isUnreadable) return effect === "Deny";
    const value = context.value(key);
    return value === NEEDS_OBJECT ? NEEDS_OBJECT : expected.has(isAbsent(value));
  };
}

type ExpectedBy = (context: PolicyContext) => Expected | typeof NEEDS_OBJECT;

/** Undefined: the operator cannot read one of the values. */
function compileExpected(
  { comparison }: Operator,
  values: readonly string[],
  hasVariables: boolean,
): ExpectedBy | undefined {
  if (comparison.kind === "typed") {
    const matches = comparison.matcher(values);
    return matches && always({ matches, isUnresolved: false });
  }
  const { hasWildcards, matcher } = comparison;
  const patterns = values.map((value) => parsePattern(value, { hasVariables, hasWildcards }));
  const fixed = patterns.filter(isGlob);
  if (fixed.length === patterns.length)
    return always({ matches: matcher(fixed), isUnresolved: false });
  return (context) => {
    const globs = patterns.map((pattern) => resolvePattern(pattern, context));
    if (globs.includes(NEEDS_OBJECT)) return NEEDS_OBJECT;
    const resolved = globs.filter((glob) => typeof glob !== "symbol");
    return { matches: matcher(resolved), isUnresolved: resolved.length < globs.length };
  };
}

function always(expected: Expected): ExpectedBy {
  return () => expected;
}

/** The table of AWS's rules for keys that are absent, have one value, or have several. */
function holdsFor(
  { isNegated, isIfExists, set }: Operator,
  value: Exclude<KeyValue, symbol>,
  matches: Match,
): boolean {
  if (isAbsent(value)) return isIfExists || set === "all" || (set === undefined && isNegated);
  const values = typeof value === "string" ? [value] : (value ?? []);
  const results = values.map(matches);
  const holds = (result: boolean | undefined) => (isNegated ? result !== true : result === true);
  if (set === "any") return results.some((result) => result !== undefined && holds(result));
  // A key of several values wants ForAllValues or ForAnyValue: without, AWS finds no match, for the opposites neither.
  return (set === "all" || results.length === 1) && results.every(holds);
}

function isAbsent(value: Exclude<KeyValue, symbol>): boolean {
  return value === undefined || (value.length === 0 && typeof value !== "string");
}
