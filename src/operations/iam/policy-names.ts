import { awsManagedPolicy } from "../../protocol/policy/aws-managed.ts";
import { QueryError } from "../../protocol/query-api/query-error.ts";
import type { PolicyName } from "../../storage/ports/identity-directory.ts";

const POLICY_ARN = /^arn:aws:iam::(?:aws|\d*):policy\//;

/**
 * A managed policy as it is named, which may be one of AWS's own.
 *
 * @throws QueryError ValidationError for what is no ARN
 */
export function policyName(arn: string): PolicyName {
  if (!POLICY_ARN.test(arn))
    throw new QueryError("ValidationError", { message: "Invalid ARN:  Could not be parsed!" });
  return { arn, isAws: awsManagedPolicy(arn) !== undefined };
}

/** What stands behind the last slash. */
export function nameOfPolicy(arn: string): string {
  return arn.slice(arn.lastIndexOf("/") + 1);
}
