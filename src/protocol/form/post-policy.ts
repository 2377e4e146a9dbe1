import { parseIsoDate } from "../../lib/http-date.ts";
import { type JsonValue, parseStrictJson } from "../../lib/strict-json.ts";
import { S3Error } from "../errors.ts";

/** How large a file may be. */
export interface SizeRange {
  readonly minBytes: number;
  readonly maxBytes: number;
}

export const ANY_SIZE: SizeRange = { minBytes: 0, maxBytes: Infinity };

/** What whoever signed a form lets its sender upload. */
export interface PostPolicy {
  readonly expiresMs: number;
  readonly conditions: readonly Condition[];
}

type Operator = "eq" | "starts-with";

interface Condition {
  /** As AWS repeats it: `["eq", "$acl", "private"]`. */
  readonly text: string;
  readonly test: FieldTest | SizeRange | "never";
}

interface FieldTest {
  readonly operator: Operator;
  /** In lower case. */
  readonly field: string;
  readonly value: string;
}

const MAX_DEPTH = 4;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const MEMBERS: ReadonlySet<string> = new Set(["expiration", "conditions"]);

/**
 * Reads the `policy` field of a form: `{"expiration": "…", "conditions": [{"acl": "private"}, ["starts-with", "$key", "a/"],
 * ["content-length-range", 0, 1024]]}` in base64. The names of its members have a case; operators and fields have none.
 *
 * @throws S3Error InvalidPolicyDocument
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html,
 * https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3.snapshot.json
 */
export function parsePostPolicy(encoded: string): PostPolicy {
  const policy = parseJson(decode(encoded));
  if (!(policy instanceof Map)) throw invalidPolicy("Invalid JSON.");
  for (const name of policy.keys())
    if (!MEMBERS.has(name)) throw invalidPolicy(`Unexpected: '${name}'.`);
  const expiration = policy.get("expiration");
  if (expiration === undefined) throw invalidPolicy("Policy missing expiration.");
  const conditions = policy.get("conditions");
  if (conditions === undefined) throw invalidPolicy("Policy missing conditions.");
  const expiresMs = typeof expiration === "string" ? parseIsoDate(expiration) : undefined;
  if (expiresMs === undefined)
    throw invalidPolicy(`Invalid 'expiration' value: '${scalar(expiration)}'`);
  if (!Array.isArray(conditions))
    throw invalidPolicy("Invalid 'conditions' value: must be a List.");
  return { expiresMs, conditions: conditions.map(parseCondition) };
}

function decode(encoded: string): string {
  const digits = encoded.replace(/\s+/g, "");
  if (digits === "") throw invalidPolicy("Expecting '{' but found End-of-Input");
  if (!BASE64.test(digits)) throw invalidPolicy("invalid Base64 encoding.");
  return Buffer.from(digits, "base64").toString();
}

function parseJson(text: string): JsonValue {
  try {
    return parseStrictJson(text, MAX_DEPTH);
  } catch {
    throw invalidPolicy("Invalid JSON.");
  }
}

function parseCondition(condition: JsonValue): Condition {
  if (condition instanceof Map) return simpleCondition([...condition]);
  if (!Array.isArray(condition))
    throw invalidPolicy("Invalid condition test: must be a List or Object.");
  const [name, ...operands] = condition as readonly JsonValue[];
  if (name === undefined) throw invalidPolicy("Invalid Condition: missing operation identifier.");
  const operator = scalar(name).toLowerCase();
  if (operator !== "eq" && operator !== "starts-with" && operator !== "content-length-range")
    throw invalidPolicy(`Invalid Condition: unknown operation '${scalar(name)}'.`);
  const [first, second, ...more] = operands;
  if (first === undefined || second === undefined || more.length > 0)
    throw invalidPolicy(`Invalid ${operator}: wrong number of arguments.`);
  const text = spelled(operator, first, second);
  if (operator === "content-length-range") return { text, test: sizeRange(first, second) };
  return { text, test: fieldTest(operator, scalar(first), scalar(second)) };
}

function simpleCondition([member, ...more]: readonly (readonly [string, JsonValue])[]): Condition {
  if (member === undefined || more.length > 0)
    throw invalidPolicy(
      "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
    );
  const [name, value] = member;
  if (typeof value !== "string")
    throw invalidPolicy("Invalid Simple-Condition: value must be a string.");
  return { text: spelled("eq", `$${name}`, value), test: fieldTest("eq", `$${name}`, value) };
}

/** Recorded from AWS: what names no field, for want of a `$`, is a condition that no form meets. */
function fieldTest(operator: Operator, name: string, value: string): FieldTest | "never" {
  if (!name.startsWith("$")) return "never";
  return { operator, field: name.slice(1).toLowerCase(), value };
}

/** Recorded from AWS: digits may stand in quotes, and no form meets what are no digits. */
function sizeRange(min: JsonValue, max: JsonValue): SizeRange | "never" {
  const bounds = [scalar(min), scalar(max)];
  if (bounds.some((bound) => bound.startsWith("-")))
    throw invalidPolicy("Invalid content-length-range: the bounds must not be negative.");
  if (!bounds.every((bound) => /^\d{1,15}$/.test(bound))) return "never";
  const [minBytes = 0, maxBytes = 0] = bounds.map(Number);
  return { minBytes, maxBytes };
}

function scalar(value: JsonValue): string {
  if (typeof value === "object") throw invalidPolicy("Invalid JSON.");
  return String(value);
}

function spelled(operator: string, ...operands: readonly JsonValue[]): string {
  return `[${[operator, ...operands].map((operand) => JSON.stringify(operand)).join(", ")}]`;
}

function invalidPolicy(problem: string): S3Error {
  return new S3Error("InvalidPolicyDocument", { message: `Invalid Policy: ${problem}` });
}

/** The fields that make the signature, and what holds the file. */
const FREE_FIELDS: ReadonlySet<string> = new Set([
  "awsaccesskeyid",
  "file",
  "policy",
  "signature",
  "x-amz-signature",
]);

/** A checksum can only make an upload fail, so that whoever signs the policy need not know it. */
const FREE_PREFIXES = ["x-ignore-", "x-amz-checksum-"];

/**
 * Does the policy allow a form? Each field has to be named by a condition, the bucket included.
 *
 * @param fields by lower-case name, with the bucket that the request is for
 * @returns how large the file may be
 * @throws S3Error AccessDenied
 */
export function checkPostPolicy(
  { expiresMs, conditions }: PostPolicy,
  fields: ReadonlyMap<string, string>,
  nowMs: number,
): SizeRange {
  if (nowMs >= expiresMs) throw notAccording("Policy expired.");
  let range = ANY_SIZE;
  const covered = new Set<string>();
  for (const { text, test } of conditions) {
    if (test !== "never" && "minBytes" in test) {
      range = {
        minBytes: Math.max(range.minBytes, test.minBytes),
        maxBytes: Math.min(range.maxBytes, test.maxBytes),
      };
      continue;
    }
    if (test === "never" || !isMet(test, fields.get(test.field)))
      throw notAccording(`Policy Condition failed: ${text}`);
    covered.add(test.field);
  }
  const extra = [...fields.keys()].filter((name) => !covered.has(name) && !isFree(name));
  if (extra.length > 0) throw notAccording(`Extra input fields: ${extra.join(", ")}`);
  return range;
}

function isMet({ operator, field, value }: FieldTest, given: string | undefined): boolean {
  if (given === undefined) return false;
  if (operator === "eq") return given === value;
  if (field !== "content-type") return given.startsWith(value);
  return given.split(",").every((type) => type.trim().startsWith(value));
}

function isFree(name: string): boolean {
  return FREE_FIELDS.has(name) || FREE_PREFIXES.some((prefix) => name.startsWith(prefix));
}

function notAccording(problem: string): S3Error {
  return new S3Error("AccessDenied", { message: `Invalid according to Policy: ${problem}` });
}
