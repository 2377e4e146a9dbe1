import {
  JsonSyntaxError,
  type JsonObject,
  type JsonValue,
  parseStrictJson,
} from "../../lib/strict-json.ts";
import { type Fault, PolicyFault } from "./fault.ts";

/**
 * A policy as it is written: a bucket's, an identity's, a session's, a boundary, or a role's trust policy. Each kind allows
 * some of the elements only, which whoever accepts it checks (`bucket-policy.ts`).
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export interface PolicyDocument {
  readonly version: Version | undefined;
  readonly id: string | undefined;
  /** At least one. */
  readonly statements: readonly Statement[];
}

const VERSIONS = ["2008-10-17", "2012-10-17"] as const;
/** Before 2012-10-17, `${` had no meaning. */
export type Version = (typeof VERSIONS)[number];

export interface Statement {
  readonly sid: string | undefined;
  readonly effect: Effect;
  /** Undefined where the policy belongs to the principal. */
  readonly principal: Choice<Principals> | undefined;
  readonly action: Choice<readonly string[]> | undefined;
  readonly resource: Choice<readonly string[]> | undefined;
  /** All of them must hold. */
  readonly conditions: readonly Condition[];
}

const EFFECTS = ["Allow", "Deny"] as const;
export type Effect = (typeof EFFECTS)[number];

/** An element or its opposite, as Action and NotAction. */
export interface Choice<T> {
  readonly isNot: boolean;
  readonly values: T;
}

/** By kind (`AWS`, `Service`, …), what is named of it. `"*"` alone is the kind `*`. */
export type Principals = ReadonlyMap<string, readonly string[]>;

export interface Condition {
  /** As written: `ForAnyValue:StringLikeIfExists`. */
  readonly operator: string;
  readonly key: string;
  /** Numbers and booleans as text. */
  readonly values: readonly string[];
}

/** Statement, its array, Condition, an operator, its values: no policy is as deep as this. */
const MAX_DEPTH = 8;

/** @throws PolicyFault for what is no policy of any kind */
export function readPolicy(text: string): PolicyDocument {
  const members = elementsOf(parseJson(text), "Policy", ["Version", "Id", "Statement"]);
  const version = members.get("Version");
  const statements = required(members, "Statement");
  const each = Array.isArray(statements) ? statements : [statements];
  if (each.length === 0) refuse({ kind: "empty element", element: "Statement" });
  return {
    version:
      version === undefined
        ? undefined
        : oneOf(VERSIONS, version, (value) => ({ kind: "unknown version", value })),
    id: optionalText(members, "Id"),
    statements: each.map(readStatement),
  };
}

function parseJson(text: string): JsonValue {
  try {
    return parseStrictJson(text, MAX_DEPTH);
  } catch (error) {
    if (error instanceof JsonSyntaxError)
      throw new PolicyFault({ kind: "no JSON", position: error.position });
    throw error;
  }
}

const ELEMENTS = [
  ...["Sid", "Effect", "Condition"],
  ...["Principal", "Action", "Resource"].flatMap((name) => [name, `Not${name}`]),
];

function readStatement(value: JsonValue): Statement {
  const members = elementsOf(value, "Statement", ELEMENTS);
  return {
    sid: optionalText(members, "Sid"),
    effect: oneOf(EFFECTS, required(members, "Effect"), (value) => ({
      kind: "unknown effect",
      value,
    })),
    principal: choice(members, "Principal", readPrincipals),
    action: choice(members, "Action", textsOf),
    resource: choice(members, "Resource", textsOf),
    conditions: readConditions(members.get("Condition")),
  };
}

function choice<T>(
  members: JsonObject,
  element: string,
  read: (value: JsonValue, element: string) => T,
): Choice<T> | undefined {
  const value = members.get(element);
  const opposite = members.get(`Not${element}`);
  if (value !== undefined && opposite !== undefined)
    refuse({ kind: "two of one element", element });
  if (value !== undefined) return { isNot: false, values: read(value, element) };
  if (opposite !== undefined) return { isNot: true, values: read(opposite, `Not${element}`) };
  return undefined;
}

function readPrincipals(value: JsonValue, element: string): Principals {
  if (value === "*") return new Map([["*", ["*"]]]);
  const kinds = objectOf(value, element);
  if (kinds.size === 0) refuse({ kind: "empty element", element });
  return new Map(Array.from(kinds, ([kind, named]) => [kind, textsOf(named, element)]));
}

function readConditions(value: JsonValue | undefined): readonly Condition[] {
  if (value === undefined) return [];
  const operators = Array.from(objectOf(value, "Condition"));
  return operators.flatMap(([operator, keys]) =>
    Array.from(objectOf(keys, "Condition"), ([key, values]) => ({
      operator,
      key,
      values: conditionValues(values),
    })),
  );
}

function conditionValues(value: JsonValue): readonly string[] {
  const values = Array.isArray(value) ? value : [value];
  // The opposite of none of no values would hold for every request.
  if (values.length === 0) refuse({ kind: "empty element", element: "Condition" });
  return values.map((each) =>
    typeof each === "object" ? refuse({ kind: "wrong type", element: "Condition" }) : String(each),
  );
}

function elementsOf(value: JsonValue, element: string, known: readonly string[]): JsonObject {
  const members = objectOf(value, element);
  for (const name of members.keys())
    if (!known.includes(name)) refuse({ kind: "unknown element", element: name });
  return members;
}

function objectOf(value: JsonValue, element: string): JsonObject {
  return value instanceof Map ? value : refuse({ kind: "wrong type", element });
}

/** One text, or any number of them but none. */
function textsOf(value: JsonValue, element: string): readonly string[] {
  const values = Array.isArray(value) ? value : [value];
  if (values.length === 0) refuse({ kind: "empty element", element });
  return values.map((each) =>
    typeof each === "string" ? each : refuse({ kind: "wrong type", element }),
  );
}

function optionalText(members: JsonObject, element: string): string | undefined {
  const value = members.get(element);
  if (value === undefined || typeof value === "string") return value;
  return refuse({ kind: "wrong type", element });
}

function required(members: JsonObject, element: string): JsonValue {
  const value = members.get(element);
  return value === undefined ? refuse({ kind: "missing element", element }) : value;
}

function oneOf<T extends string>(
  known: readonly T[],
  value: JsonValue,
  fault: (value: string) => Fault,
): T {
  const found = known.find((each) => each === value);
  return found ?? refuse(fault(typeof value === "string" ? value : JSON.stringify(value)));
}

function refuse(fault: Fault): never {
  throw new PolicyFault(fault);
}
