import type { IamResource } from "../../domain/access/iam-access.ts";
import {
  isAlias,
  keyArn,
  kmsArn,
  readKeyReference,
  S3_ALIAS,
} from "../../protocol/kms/key-reference.ts";
import { KmsError } from "../../protocol/kms/kms-error.ts";
import type { KeyCallName, KeyCalls } from "../../storage/ports/key-directory.ts";
import type { KmsContext } from "./action.ts";

/**
 * What the account calls a key that a request names by an id, an alias, or an ARN. One that is made at its first use is made: so
 * this is for whoever may use it.
 *
 * @throws KmsError NotFoundException, AccessDeniedException (it is another account's)
 */
export async function namedKey(context: KmsContext, keyId: string): Promise<string> {
  const { keys, scope } = context;
  const name = referredName(context, keyId);
  await keys.makeAtFirstUse(scope.accountId, scope.region, name);
  return name;
}

/** @throws KmsError as {@link namedKey} */
function referredName({ scope }: KmsContext, keyId: string): string {
  const reference = readKeyReference(keyId, scope.accountId, scope.region);
  if ("missing" in reference) throw new KmsError("NotFoundException", reference.missing);
  if ("foreignArn" in reference)
    throw new KmsError(
      "AccessDeniedException",
      `The key ${reference.foreignArn} is another account's, and no resource-based policy allows its use.`,
    );
  return reference.name;
}

/**
 * For policies: a key, by its ARN, whatever the request calls it. One that is still to be made has no id, so that a policy has to
 * name all keys; nobody who may not use it gets it made.
 *
 * @throws KmsError as {@link namedKey}
 */
export async function keyResource(
  context: KmsContext,
  keyId: string,
): Promise<readonly IamResource[]> {
  const { keyDirectory, scope, settings } = context;
  const name = referredName(context, keyId);
  try {
    const { tags, ...key } = await keyDirectory.call(scope, "describeKey", name);
    return [{ arn: keyArn(key), tags }];
  } catch (error) {
    const isMissing = error instanceof KmsError && error.code === "NotFoundException";
    const isToBeMade = name === S3_ALIAS || settings.declaredKeys.has(name);
    if (!isMissing || !isToBeMade) throw error;
    return [{ arn: keyArn({ ...scope, name: isAlias(name) ? "*" : name }) }];
  }
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
