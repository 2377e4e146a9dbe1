import { policyText } from "../../domain/auth/principal-policies.ts";
import type { SimulatedPolicy } from "../../domain/access/simulate.ts";
import { iamArn } from "../../protocol/iam/arns.ts";
import { readPolicy } from "../../protocol/policy/document.ts";
import { readIdentityPolicy } from "../../protocol/policy/identity-policy.ts";
import { parsePrincipals } from "../../protocol/policy/principals.ts";
import { QueryError } from "../../protocol/query-api/query-error.ts";
import type { EntityKind, EntityPolicies } from "../../storage/ports/identity-records.ts";
import type { QueryContext } from "../query/action.ts";
import { nameOfPolicy } from "./policy-names.ts";

const TYPE = "IAM Policy";

/**
 * Policies that a request brings, `PolicyInputList.member.1` and so on.
 *
 * @throws QueryError InvalidInput
 */
export function inputPolicies(list: string, texts: readonly string[]): readonly SimulatedPolicy[] {
  return texts.map((text, i) => ({
    id: `${list}.${i + 1}`,
    type: TYPE,
    text,
    document: understood(() => readIdentityPolicy(text)),
  }));
}

/** @throws QueryError InvalidInput */
export function resourcePolicy(text: string): SimulatedPolicy {
  const document = understood(() => readPolicy(text));
  const isGood = document.statements.every(
    ({ principal }) => principal !== undefined && parsePrincipals(principal.values) !== undefined,
  );
  if (!isGood) throw invalid("Invalid principal in policy");
  return { id: "ResourcePolicy", type: "Resource Policy", text, document };
}

function understood<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw invalid(error instanceof QueryError ? error.message : "Invalid policy syntax.");
  }
}

function invalid(message: string): QueryError {
  return new QueryError("InvalidInput", { message: `Invalid Input Policy: ${message}` });
}

/** Whose policies are simulated. */
export interface Source {
  readonly kind: EntityKind;
  readonly arn: string;
  readonly found: EntityPolicies;
}

const SOURCE_ARN =
  /^arn:aws:iam::(?<accountId>\w*):(?<kind>group|role|user)\/(?:[^/]*\/)*(?<name>[^/]+)$/;

/** @throws QueryError NoSuchEntity, InvalidInput */
export async function sourceOf(context: QueryContext, arn: string): Promise<Source> {
  const { accountId, kind, name } = SOURCE_ARN.exec(arn)?.groups ?? {};
  if (kind === undefined || name === undefined)
    throw new QueryError("InvalidInput", { message: `Invalid Entity Arn: ${arn}` });
  const { identityDirectory, scope, caller } = context;
  const missing = new QueryError("NoSuchEntity", {
    message: `The ${kind} with name ${name} cannot be found.`,
  });
  if (accountId !== caller.account.id) throw missing;
  const found = await identityDirectory(scope, "findPolicies", kind as EntityKind, name);
  const { path, name: spelled } = found.entity;
  if (iamArn(accountId, kind as EntityKind, path, spelled) !== arn) throw missing;
  return { kind: kind as EntityKind, arn, found };
}

export function sourcePolicies({ found }: Source): readonly SimulatedPolicy[] {
  return found.policies.flatMap((policy) => {
    const text = policyText(policy);
    if (text === undefined) return [];
    const isManaged = policy.id.startsWith("arn:");
    const id = isManaged
      ? nameOfPolicy(policy.id)
      : `${policy.kind}_${policy.ownerName}_${policy.id}`;
    return [{ id, type: TYPE, text, document: readPolicy(text) }];
  });
}

/** Undefined: nothing bounds it. One that cannot be found lets nothing through. */
export function sourceBoundary({ found }: Source): readonly SimulatedPolicy[] | undefined {
  if (found.boundary === undefined) return undefined;
  const text = policyText(found.boundary);
  if (text === undefined) return [];
  const id = nameOfPolicy(found.boundary.id);
  return [{ id, type: TYPE, text, document: readPolicy(text) }];
}
