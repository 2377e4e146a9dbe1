import type { IamResource } from "../../domain/access/iam-access.ts";
import { iamArn } from "../../protocol/iam/arns.ts";
import { QueryError } from "../../protocol/query-api/query-error.ts";
import type { EntityKind, Renaming } from "../../storage/ports/identity-records.ts";
import type { QueryContext } from "../query/action.ts";

/** What has no ARN of its own. */
export const ANYTHING: IamResource = { arn: "*" };

/** An entity that there is, with its path; of one that there is not, the ARN that it would have without one. */
export async function entityResource(
  context: QueryContext,
  kind: EntityKind,
  name: string,
): Promise<IamResource> {
  const { keys: _, ...resource } = await boundedResource(context, kind, name);
  return resource;
}

/**
 * An entity whose policies are to change, with the boundary that limits what they can allow: whoever may manage only users and
 * roles with a certain one cannot make others stronger.
 *
 * @param keys the action's other condition keys
 */
export async function boundedResource(
  { identityDirectory, scope, caller }: QueryContext,
  kind: EntityKind,
  name: string,
  keys: IamResource["keys"] = {},
): Promise<IamResource> {
  const accountId = caller.account.id;
  const found = await identityDirectory(scope, "findEntity", kind, name).catch(ignoreMissing);
  if (found === undefined) return { arn: iamArn(accountId, kind, "/", name), keys };
  const { path, name: spelled, tags, boundaryArn } = found;
  return {
    arn: iamArn(accountId, kind, path, spelled),
    ...(tags !== undefined && { tags }),
    keys: { ...boundaryKeys(boundaryArn), ...keys },
  };
}

/** @param boundary an ARN */
export function boundaryKeys(boundary: string | undefined): Readonly<Record<string, string>> {
  return boundary === undefined ? {} : { "iam:permissionsboundary": boundary };
}

/** One that is made, or all below a path. */
export function newResource(
  { caller }: QueryContext,
  kind: EntityKind | "policy",
  path = "/",
  name = "",
): IamResource {
  return { arn: iamArn(caller.account.id, kind, path, name) };
}

/** An entity that is renamed or moved, and what it is to be. */
export async function renamedResources(
  context: QueryContext,
  kind: "group" | "user",
  name: string,
  to: Renaming,
): Promise<readonly IamResource[]> {
  const before = await entityResource(context, kind, name);
  const pathAndName = before.arn.slice(before.arn.indexOf("/"));
  const path = pathAndName.slice(0, pathAndName.lastIndexOf("/") + 1);
  return [before, newResource(context, kind, to.path ?? path, to.name ?? name)];
}

/** A managed policy, of AWS's too. */
export async function policyResource(
  { identityDirectory, scope }: QueryContext,
  arn: string,
): Promise<IamResource> {
  const policy = await identityDirectory(scope, "getPolicy", arn).catch(ignoreMissing);
  return { arn, ...(policy !== undefined && { tags: policy.tags }) };
}

/** An OIDC provider. */
export async function providerResource(
  { identityDirectory, scope }: QueryContext,
  arn: string,
): Promise<IamResource> {
  const provider = await identityDirectory(scope, "getProvider", arn).catch(ignoreMissing);
  return { arn, ...(provider !== undefined && { tags: provider.tags }) };
}

/** Whoever may not do something is not told whether there is anything to do it with. */
function ignoreMissing(error: unknown): undefined {
  if (error instanceof QueryError && error.code === "NoSuchEntity") return undefined;
  throw error;
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
