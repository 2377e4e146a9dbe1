import {
  type JsonObject,
  JsonSyntaxError,
  type JsonValue,
  parseStrictJson,
} from "../../lib/strict-json.ts";
import { KmsError } from "./kms-error.ts";

export const POLICY_NAME = "default";

const MAX_DEPTH = 10;

/**
 * The policy that a key has unless it was given one: its account may do everything with it, and lets its users.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
export function defaultKeyPolicy(accountId: string): string {
  const policy = {
    Version: "2012-10-17",
    Id: "key-default-1",
    Statement: [
      {
        Sid: "Enable IAM User Permissions",
        Effect: "Allow",
        Principal: { AWS: rootArn(accountId) },
        Action: "kms:*",
        Resource: "*",
      },
    ],
  };
  return JSON.stringify(policy, undefined, 2);
}

/**
 * Refuses every policy that says something else than the default does: keys serve their own account, and what was put and is not
 * obeyed would be a trap.
 *
 * @throws KmsError MalformedPolicyDocumentException, UnsupportedOperationException
 */
export function checkKeyPolicy(text: string, accountId: string): void {
  if (isDefault(parse(text), accountId)) return;
  throw new KmsError(
    "UnsupportedOperationException",
    "Only a key policy that says what the default one says is supported: Allow kms:* on * to the root of the key's account.",
  );
}

function parse(text: string): JsonObject {
  try {
    const policy = parseStrictJson(text, MAX_DEPTH);
    if (policy instanceof Map) return policy;
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
  }
  throw new KmsError("MalformedPolicyDocumentException", "The policy is not a JSON object.");
}

const MEMBERS = new Set(["Action", "Effect", "Principal", "Resource", "Sid"]);

function isDefault(policy: JsonObject, accountId: string): boolean {
  const statement = theOnly(policy.get("Statement"));
  if (!(statement instanceof Map)) return false;
  const principal = statement.get("Principal");
  const aws = principal instanceof Map && principal.size === 1 ? principal.get("AWS") : undefined;
  const allowed = theOnly(aws);
  return (
    [...statement.keys()].every((name) => MEMBERS.has(name)) &&
    statement.get("Effect") === "Allow" &&
    theOnly(statement.get("Action")) === "kms:*" &&
    theOnly(statement.get("Resource")) === "*" &&
    (allowed === rootArn(accountId) || allowed === accountId)
  );
}

/** What stands alone, or in a list of one. */
function theOnly(value: JsonValue | undefined): JsonValue | undefined {
  if (!Array.isArray(value)) return value;
  const list: readonly JsonValue[] = value;
  return list.length === 1 ? list[0] : undefined;
}

function rootArn(accountId: string): string {
  return `arn:aws:iam::${accountId}:root`;
}
