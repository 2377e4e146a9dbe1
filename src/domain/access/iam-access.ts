import type { SignedCaller } from "../../protocol/caller.ts";
import { QueryError } from "../../protocol/query-api/query-error.ts";
import type { TagSet } from "../../protocol/tag-set.ts";

/** What a call of IAM or STS is about, as policies name it. */
export interface IamResource {
  /** `*` for what has no ARN. */
  readonly arn: string;
  /** Those that it has: `aws:ResourceTag`. */
  readonly tags?: TagSet;
  /** Those that the call gives it: `aws:RequestTag`. */
  readonly requestTags?: TagSet;
  /** Of calls that take tags away, and of those that give some: `aws:TagKeys`. */
  readonly tagKeys?: readonly string[];
  /** The action's own condition keys, in small letters: `iam:policyarn`, `iam:permissionsboundary`. */
  readonly keys?: Readonly<Record<string, string>>;
}

/**
 * @param action `iam:CreateUser`
 * @throws QueryError AccessDenied
 */
export function requireIamAllowed(
  caller: SignedCaller,
  action: string,
  { arn }: IamResource,
): void {
  if (caller.kind === "root") return;
  throw new QueryError("AccessDenied", {
    message: `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${arn} because no identity-based policy allows the ${action} action`,
  });
}
