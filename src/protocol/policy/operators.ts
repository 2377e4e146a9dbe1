import { decodeBase64 } from "../../lib/base64.ts";
import { type AddressRange, parseAddressRange, rangeContains } from "../../lib/ip.ts";
import { type Glob, matchesGlob } from "../../lib/glob.ts";
import { splitArn, splitArnGlob, matchesArn } from "./arn.ts";
import { parsePolicyDate } from "./policy-date.ts";

/** How an operator compares a value of a request with those of the policy. */
export type Comparison = TextComparison | TypedComparison;

/** The policy's values are patterns, in which variables may stand. */
interface TextComparison {
  readonly kind: "text";
  readonly hasWildcards: boolean;
  /** @param globs the policy's patterns, once they are resolved */
  readonly matcher: (globs: readonly Glob[]) => Match;
}

/** The values are read as of one type. */
interface TypedComparison {
  readonly kind: "typed";
  /** @returns undefined when the operator cannot read one of the policy's values */
  readonly matcher: (expected: readonly string[]) => Match | undefined;
}

/** Does any of the policy's values match this one? Undefined: the operator cannot read it. */
export type Match = (value: string) => boolean | undefined;

export interface Operator {
  readonly comparison: Comparison;
  /** It holds when no value of the policy matches. */
  readonly isNegated: boolean;
  /** It holds for a request without the key. */
  readonly isIfExists: boolean;
  /** For keys with several values. */
  readonly set: "all" | "any" | undefined;
}

/** `Null`, which asks whether the key is there; it has neither opposite nor variants. */
export const NULL_OPERATOR = "Null";

const EQUALS: Comparison = {
  kind: "text",
  hasWildcards: false,
  matcher: (globs) => (value) => globs.some((glob) => matchesGlob(glob, value)),
};

const EQUALS_IGNORE_CASE: Comparison = {
  kind: "text",
  hasWildcards: false,
  matcher(globs) {
    const small = globs.map((glob) => glob.map((run) => run.map((text) => text.toLowerCase())));
    return (value) => {
      const smallValue = value.toLowerCase();
      return small.some((glob) => matchesGlob(glob, smallValue));
    };
  },
};

const LIKE: Comparison = { ...EQUALS, hasWildcards: true };

/** Each of an ARN's six parts is compared alone. */
const ARN: Comparison = {
  kind: "text",
  hasWildcards: true,
  matcher(globs) {
    const patterns = globs.map(splitArnGlob).filter((parts) => parts !== undefined);
    return (value) => {
      const arn = splitArn(value);
      return arn !== undefined && patterns.some((parts) => matchesArn(parts, arn));
    };
  },
};

const BOOL = typed(readBoolean, (value, expected) => value === expected);
const BINARY = typed(readBytes, (value, expected) => value.equals(expected));
const ADDRESS = typed<AddressRange>(parseAddressRange, (value, expected) =>
  rangeContains(expected, value),
);

/** By what an operator's name has behind `Numeric` or `Date`. */
const ORDERS: Readonly<Record<string, (value: number, expected: number) => boolean>> = {
  Equals: (value, expected) => value === expected,
  LessThan: (value, expected) => value < expected,
  LessThanEquals: (value, expected) => value <= expected,
  GreaterThan: (value, expected) => value > expected,
  GreaterThanEquals: (value, expected) => value >= expected,
};

/**
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
const COMPARISONS: ReadonlyMap<string, Pick<Operator, "comparison" | "isNegated">> = new Map([
  ...withOpposite("StringEquals", "StringNotEquals", EQUALS),
  ...withOpposite("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", EQUALS_IGNORE_CASE),
  ...withOpposite("StringLike", "StringNotLike", LIKE),
  ...withOpposite("ArnEquals", "ArnNotEquals", ARN),
  ...withOpposite("ArnLike", "ArnNotLike", ARN),
  ...withOpposite("IpAddress", "NotIpAddress", ADDRESS),
  ...ordered("Numeric", readDecimal),
  ...ordered("Date", parsePolicyDate),
  ["Bool", { comparison: BOOL, isNegated: false }],
  ["BinaryEquals", { comparison: BINARY, isNegated: false }],
]);

const SETS = [
  ["ForAllValues:", "all"],
  ["ForAnyValue:", "any"],
] as const;
const IF_EXISTS = "IfExists";

/** The operator of this name, with what stands before and behind it; undefined: there is none. */
export function parseOperator(name: string): Operator | undefined {
  const [prefix = "", set] = SETS.find(([prefix]) => name.startsWith(prefix)) ?? [];
  const isIfExists = name.endsWith(IF_EXISTS);
  const base = name.slice(prefix.length, isIfExists ? -IF_EXISTS.length : undefined);
  const found = COMPARISONS.get(base);
  return found && { ...found, isIfExists, set };
}

type Row = [name: string, operator: Pick<Operator, "comparison" | "isNegated">];

function withOpposite(name: string, opposite: string, comparison: Comparison): Row[] {
  return [
    [name, { comparison, isNegated: false }],
    [opposite, { comparison, isNegated: true }],
  ];
}

function ordered(type: string, read: (text: string) => number | undefined): Row[] {
  const rows = Object.entries(ORDERS).map(([name, order]): Row => [
    `${type}${name}`,
    { comparison: typed(read, order), isNegated: false },
  ]);
  const equals = typed(read, (value, expected) => value === expected);
  return [...rows, [`${type}NotEquals`, { comparison: equals, isNegated: true }]];
}

function typed<T>(
  read: (text: string) => T | undefined,
  compare: (value: T, expected: T) => boolean,
): TypedComparison {
  const readValue = remembering(read);
  return {
    kind: "typed",
    matcher(texts) {
      const expected = texts.map(read).filter((each) => each !== undefined);
      if (expected.length < texts.length) return undefined;
      return (text) => {
        const value = readValue(text);
        return value === undefined ? undefined : expected.some((each) => compare(value, each));
      };
    },
  };
}

/** Many statements read the same value of one request. */
function remembering<T>(read: (text: string) => T | undefined): typeof read {
  let lastText: string | undefined;
  let last: T | undefined;
  return (text) => {
    if (text !== lastText) {
      last = read(text);
      lastText = text;
    }
    return last;
  };
}

function readDecimal(text: string): number | undefined {
  return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
}

export function readBoolean(text: string): boolean | undefined {
  const word = text.toLowerCase();
  return word === "true" ? true : word === "false" ? false : undefined;
}

function readBytes(text: string): Buffer | undefined {
  return decodeBase64(text, Buffer.byteLength(text, "base64"));
}
