import { matchesGlob, parseGlob } from "../../lib/glob.ts";
import { S3Error } from "../errors.ts";
import { splitArn } from "./arn.ts";
import { isKnownConditionKey } from "./condition-keys.ts";
import { type Condition, type PolicyDocument, readPolicy, type Statement } from "./document.ts";
import { type Fault, PolicyFault } from "./fault.ts";
import { NULL_OPERATOR, type Operator, parseOperator, readBoolean } from "./operators.ts";
import { parsePrincipals } from "./principals.ts";
import { S3_ACTIONS } from "./s3-actions.ts";

/** Of the text as it came. Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html */
export const MAX_BUCKET_POLICY_BYTES = 20 * 1024;

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads the body of PutBucketPolicy. AWS's messages are as seen in https://github.com/scality/Arsenal,
 * https://github.com/versity/versitygw, and localstack's snapshots; two of its checks are left out, that an action applies to
 * a resource of its statement and a condition to an action, and that a principal exists, which would tell anybody who does.
 *
 * @throws S3Error MalformedPolicy
 */
export function readBucketPolicy(
  body: Uint8Array,
  bucket: string,
): { readonly text: string; readonly document: PolicyDocument } {
  if (body.byteLength > MAX_BUCKET_POLICY_BYTES)
    refuse("Policy exceeds the maximum allowed document size.");
  const text = decode(body);
  const document = readDocument(text);
  for (const statement of document.statements) checkStatement(statement, bucket);
  return { text, document };
}

function decode(body: Uint8Array): string {
  if (body[0] !== 0x7b) refuse("Policies must be valid JSON and the first byte must be '{'");
  try {
    return UTF8.decode(body);
  } catch {
    return refuse(MESSAGES["no JSON"]);
  }
}

function readDocument(text: string): PolicyDocument {
  try {
    return readPolicy(text);
  } catch (error) {
    if (error instanceof PolicyFault) refuse(messageOf(error.fault));
    throw error;
  }
}

const MESSAGES = {
  "no JSON": "This policy contains invalid Json",
  "wrong type": "Invalid policy syntax.",
  "two of one element": "Invalid policy syntax.",
  "unknown version": "The policy must contain a valid version string",
} as const;

function messageOf(fault: Fault): string {
  if (fault.kind === "missing element") return `Missing required field ${fault.element}`;
  if (fault.kind === "unknown element") return `Unknown field ${fault.element}`;
  if (fault.kind === "unknown effect") return `Invalid effect: ${fault.value}`;
  if (fault.kind !== "empty element") return MESSAGES[fault.kind];
  return fault.element === "Statement"
    ? "Could not parse the policy: Statement is empty!"
    : `Missing required field ${fault.element} cannot be empty!`;
}

function checkStatement(
  { effect, principal, action, resource, conditions }: Statement,
  bucket: string,
): void {
  if (principal === undefined) refuse("Missing required field Principal");
  if (action === undefined) refuse("Missing required field Action");
  if (resource === undefined) refuse("Missing required field Resource");
  if (parsePrincipals(principal.values) === undefined) refuse("Invalid principal in policy");
  if (principal.isNot && effect === "Allow") refuse("Allow with NotPrincipal is not allowed.");
  if (!action.values.every(isAction)) refuse("Policy has invalid action");
  if (!resource.values.every((value) => isOfBucket(value, bucket)))
    refuse("Policy has invalid resource");
  for (const condition of conditions) checkCondition(condition);
}

/** `*`, an action that S3 has, or a pattern of this service's. */
function isAction(value: string): boolean {
  const name = value.toLowerCase();
  if (name === "*") return true;
  if (!name.startsWith("s3:")) return false;
  return name.includes("*") || name.includes("?") || S3_ACTIONS.has(name.slice("s3:".length));
}

/** Can the resource be this bucket, or a key of it? A variable may become anything. */
function isOfBucket(value: string, bucket: string): boolean {
  if (value === "*") return true;
  const [arn = "", partition = "", service = "", region = "", account = "", rest = ""] =
    splitArn(value) ?? [];
  const isOfS3 =
    arn === "arn" && partition === "aws" && service === "s3" && region === "" && account === "";
  if (!isOfS3 || rest === "") return false;
  const [named = ""] = rest.split("/", 1);
  // What follows a star may belong to the key as well.
  const star = named.indexOf("*");
  const pattern = star === -1 ? named : named.slice(0, star + 1);
  return named.includes("${") || matchesGlob(parseGlob(pattern), bucket);
}

function checkCondition({ operator: name, key, values }: Condition): void {
  const operator = parseOperator(name);
  if (operator === undefined && name !== NULL_OPERATOR) refuse(`Invalid Condition type : ${name}`);
  if (!isKnownConditionKey(key)) refuse("Policy has an invalid condition key");
  if (canRead(operator, values)) return;
  refuse(
    name.includes("IpAddress") ? "Invalid IP address in Conditions" : "Invalid Condition value",
  );
}

/** @param operator undefined: `Null` */
function canRead(operator: Operator | undefined, values: readonly string[]): boolean {
  if (operator === undefined) return values.every((value) => readBoolean(value) !== undefined);
  const { comparison } = operator;
  return comparison.kind === "text" || comparison.matcher(values) !== undefined;
}

function refuse(message: string): never {
  throw new S3Error("MalformedPolicy", { message });
}
