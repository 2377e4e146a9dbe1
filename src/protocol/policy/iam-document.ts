import type { Condition, PolicyDocument, Statement } from "./document.ts";
import { readPolicy } from "./document.ts";
import { QueryError } from "../query-api/query-error.ts";
import { type Fault, PolicyFault } from "./fault.ts";
import { NULL_OPERATOR, parseOperator } from "./operators.ts";

export const SYNTAX_ERRORS = "Syntax errors in policy.";
const LEGACY = "The policy failed legacy parsing";

/** White space is kept as it came, and read with each look at whose policy it is. */
const MAX_SPACED = 4;

/**
 * How large a document is for IAM's quotas, which do not count white space; that which is more than three times all else, they do.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length
 */
export function documentSize(text: string): number {
  return Math.max(text.replaceAll(/\s/g, "").length, Math.ceil(text.length / MAX_SPACED));
}

/**
 * Reads a document of any kind that IAM keeps, as far as all are checked alike, in AWS's order. The caller goes on with
 * {@link checkStatements}, whose checks come behind those of its kind.
 *
 * AWS's order and messages are as seen in the answers that https://github.com/getmoto/moto was compared with.
 *
 * @param noJson what AWS says of a text that is no JSON, which differs by kind
 * @throws QueryError MalformedPolicyDocument
 */
export function readIamDocument(text: string, noJson: string): PolicyDocument {
  const document = readSyntax(text, noJson);
  if (document.version !== "2012-10-17")
    refuse("Policy document must be version 2012-10-17 or greater.");
  return document;
}

function readSyntax(text: string, noJson: string): PolicyDocument {
  try {
    const document = readPolicy(text);
    const conditions = document.statements.flatMap((statement) => statement.conditions);
    if (!conditions.every(isKnownOperator)) refuse(SYNTAX_ERRORS);
    return document;
  } catch (error) {
    if (error instanceof PolicyFault) refuse(messageOf(error.fault, noJson));
    throw error;
  }
}

function messageOf(fault: Fault, noJson: string): string {
  if (fault.kind === "no JSON") return noJson;
  // The case of the two words is looked at later than all else of the syntax.
  if (fault.kind === "unknown effect" && /^(?:allow|deny)$/i.test(fault.value)) return LEGACY;
  if (fault.kind === "empty element") return EMPTY[fault.element] ?? SYNTAX_ERRORS;
  return SYNTAX_ERRORS;
}

const NO_ACTIONS = "Policy statement must contain actions.";
export const NO_RESOURCES = "Policy statement must contain resources.";

const EMPTY: Readonly<Record<string, string>> = {
  Action: NO_ACTIONS,
  NotAction: NO_ACTIONS,
  Resource: NO_RESOURCES,
  NotResource: NO_RESOURCES,
};

function isKnownOperator({ operator }: Condition): boolean {
  return operator === NULL_OPERATOR || parseOperator(operator) !== undefined;
}

/** @throws QueryError MalformedPolicyDocument */
export function checkStatements(statements: readonly Statement[]): void {
  if (!statements.every(({ conditions }) => conditions.every(canRead))) refuse(LEGACY);
  const resourceFaults = resourceFaultsOf(statements);
  if (resourceFaults.length === 0 && !valuesOf(statements, "resource").every(isWholeArn))
    refuse(LEGACY);
  checkSids(statements.flatMap(({ sid }) => (sid === undefined || sid === "" ? [] : [sid])));
  if (statements.some(({ action }) => action === undefined)) refuse(NO_ACTIONS);
  if (resourceFaults[0] !== undefined) refuse(resourceFaults[0]);
  for (const action of valuesOf(statements, "action")) checkAction(action);
}

function valuesOf(
  statements: readonly Statement[],
  element: "action" | "resource",
): readonly string[] {
  return statements.flatMap((statement) => statement[element]?.values ?? []);
}

/** Dates, numbers, addresses: what the operator is to compare with. */
function canRead({ operator: name, values }: Condition): boolean {
  const comparison = parseOperator(name)?.comparison;
  return comparison?.kind !== "typed" || comparison.matcher(values) !== undefined;
}

function checkSids(sids: readonly string[]): void {
  if (!sids.every((sid) => /^[0-9A-Za-z]*$/.test(sid)))
    refuse(
      "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
    );
  if (new Set(sids).size < sids.length)
    refuse("Statement IDs (SID) in a single policy must be unique.");
}

/** That an action exists, IAM does not look at. */
function checkAction(action: string): void {
  if (action === "*") return;
  const [vendor = "", ...rest] = action.split(":");
  if (rest.length === 0 && vendor !== "*")
    refuse("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
  if (rest.length > 1) refuse("Actions/Condition can contain only one colon.");
  if (vendor !== "*" && !/^[a-zA-Z0-9.-]*$/.test(vendor)) refuse(`Vendor ${vendor} is not valid`);
}

const PARTITION = /^(?:\*|aws(?:-[a-z]+)*)$/;

const IAM_RESOURCES = [
  ...["user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/"],
  ...["server-certificate/", "policy/", "sms-mfa/", "saml-provider/", "oidc-provider/"],
  ...["report/", "access-report/"],
];

/** What is wrong with each resource that has something wrong. */
function resourceFaultsOf(statements: readonly Statement[]): readonly string[] {
  return valuesOf(statements, "resource").flatMap((resource) => resourceFault(resource) ?? []);
}

function resourceFault(resource: string): string | undefined {
  if (resource === "*") return undefined;
  const [, partition, ...others] = resource.split(":");
  if (partition === undefined) return `Resource ${resource} must be in ARN format or "*".`;
  if (!PARTITION.test(partition)) {
    const [service = "*", region = "*", account = "*", ...rest] = others;
    const shown = [partition, service, region, account, rest.join(":") || "*"].join(":");
    return `Partition "${partition}" is not valid for resource "arn:${shown}".`;
  }
  const [service, region = "", , ...rest] = others;
  if (service === undefined || /[*?]/.test(service))
    return "Resource vendor must be fully qualified and cannot contain regexes.";
  const name = rest.join(":");
  if (service === "s3" && region !== "" && !name.startsWith("accesspoint/"))
    return `Resource ${resource} can not contain region information.`;
  if (service === "iam") return iamResourceFault(resource, region, name);
  return undefined;
}

function iamResourceFault(resource: string, region: string, name: string): string | undefined {
  if (region !== "") return `IAM resource ${resource} cannot contain region information.`;
  if (name === "*" || IAM_RESOURCES.some((start) => name.startsWith(start))) return undefined;
  return `IAM resource path must either be "*" or start with ${IAM_RESOURCES.join(", ")}.`;
}

/** AWS lets pass what has no empty part either, as `arn:aws:name`, which is the ARN of nothing. */
function isWholeArn(resource: string): boolean {
  const parts = resource.split(":");
  return resource === "*" || parts.length >= 6 ? parts[2] !== "" : !resource.includes("::");
}

export function refuse(message: string): never {
  throw new QueryError("MalformedPolicyDocument", { message });
}
