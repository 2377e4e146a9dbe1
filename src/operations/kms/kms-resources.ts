import type { IamResource } from "../../domain/access/iam-access.ts";
import { keyArn, kmsArn, readKeyReference } from "../../protocol/kms/key-reference.ts";
import { KmsError } from "../../protocol/kms/kms-error.ts";
import type { KeyCallName, KeyCalls } from "../../storage/ports/key-directory.ts";
import type { KmsContext } from "./action.ts";

/**
 * What the account calls a key that a request names by an id, an alias, or an ARN. One that is made at its first use is made.
 *
 * @throws KmsError NotFoundException, AccessDeniedException (it is another account's)
 */
export async function namedKey({ keys, scope }: KmsContext, keyId: string): Promise<string> {
  const { accountId, region } = scope;
  const reference = readKeyReference(keyId, accountId, region);
  if ("missing" in reference) throw new KmsError("NotFoundException", reference.missing);
  if ("foreignArn" in reference)
    throw new KmsError(
      "AccessDeniedException",
      `The key ${reference.foreignArn} is another account's, and no resource-based policy allows its use.`,
    );
  await keys.makeAtFirstUse(accountId, region, reference.name);
  return reference.name;
}

/** For policies: a key, by its ARN, whatever the request calls it. */
export async function keyResource(
  context: KmsContext,
  keyId: string,
): Promise<readonly IamResource[]> {
  const name = await namedKey(context, keyId);
  const { tags, ...key } = await context.keyDirectory.call(context.scope, "describeKey", name);
  return [{ arn: keyArn(key), tags }];
}

/** For policies: what is of no key that there is. */
export function anyResource(): readonly IamResource[] {
  return [{ arn: "*" }];
}

export function aliasResource({ scope }: KmsContext, alias: string): IamResource {
  return { arn: kmsArn(scope.region, scope.accountId, alias) };
}

/** Changes something of a key, so that nobody goes on with what is remembered of it. */
export async function changeKeys<Name extends KeyCallName>(
  { keyDirectory, keys, scope }: KmsContext,
  name: Name,
  ...args: Parameters<KeyCalls[Name]>
): Promise<ReturnType<KeyCalls[Name]>> {
  try {
    return await keyDirectory.call(scope, name, ...args);
  } finally {
    // Whether a call that failed has changed something, nobody knows.
    keys.forget(scope.accountId);
  }
}
