import type { IamResource } from "../../domain/access/iam-access.ts";
import { iamArn } from "../../protocol/iam/arns.ts";
import { QueryError } from "../../protocol/query-api/query-error.ts";
import type { QueryContext } from "../query/action.ts";

/** A user that there is, with its path; of one that there is not, the ARN that it would have without one. */
export async function userResource(
  { identityDirectory, scope, caller }: QueryContext,
  name: string,
): Promise<IamResource> {
  const accountId = caller.account.id;
  try {
    const { path, tags, name: spelled } = await identityDirectory(scope, "getUser", name);
    return { arn: iamArn(accountId, "user", path, spelled), tags };
  } catch (error) {
    if (!(error instanceof QueryError) || error.code !== "NoSuchEntity") throw error;
    return { arn: iamArn(accountId, "user", "/", name) };
  }
}

/**
 * Whom an action is about that names no user.
 *
 * @throws QueryError ValidationError when the caller is none
 */
export function ownUserName({ caller }: QueryContext): string {
  if (caller.userName !== undefined) return caller.userName;
  throw new QueryError("ValidationError", {
    message: "Must specify userName when calling with non-User credentials",
  });
}
