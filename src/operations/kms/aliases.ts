import { isAlias, KEY_ALIAS, kmsArn } from "../../protocol/kms/key-reference.ts";
import { KmsError } from "../../protocol/kms/kms-error.ts";
import { optional } from "../../protocol/query-api/fields.ts";
import { kmsAction, type KmsActions } from "./action.ts";
import { aliasName, keyId, kmsTime, PAGE, pageMembers, pageRequest } from "./kms-fields.ts";
import { aliasResource, anyResource, changeKeys, keyResource, namedKey } from "./kms-resources.ts";

/** Source: https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html */
export const ALIAS_ACTIONS = {
  CreateAlias: pointingAction("createAlias"),
  UpdateAlias: pointingAction("updateAlias"),

  DeleteAlias: kmsAction({
    input: { AliasName: aliasName },
    async on({ AliasName: alias }, context) {
      checkAlias(alias);
      return [aliasResource(context, alias), ...(await keyResource(context, alias))];
    },
    async handle({ AliasName: alias }, context) {
      checkAlias(alias);
      await changeKeys(context, "deleteAlias", alias);
      return undefined;
    },
  }),

  ListAliases: kmsAction({
    input: { KeyId: optional(keyId), ...PAGE },
    on: anyResource,
    async handle(input, context) {
      const { keyDirectory, scope } = context;
      const name = input.KeyId === undefined ? undefined : await namedKey(context, input.KeyId);
      const page = await keyDirectory.call(scope, "listAliases", name, pageRequest(input));
      const told = page.items.map((alias) => ({
        AliasArn: kmsArn(scope.region, scope.accountId, alias.name),
        AliasName: alias.name,
        CreationDate: kmsTime(alias.createdMs),
        LastUpdatedDate: kmsTime(alias.modifiedMs),
        TargetKeyId: alias.keyName,
      }));
      return { Aliases: told, ...pageMembers(page) };
    },
  }),
} satisfies KmsActions;

function pointingAction(call: "createAlias" | "updateAlias") {
  return kmsAction({
    input: { AliasName: aliasName, TargetKeyId: keyId },
    async on({ AliasName: alias, TargetKeyId: id }, context) {
      checkAlias(alias);
      // Whoever takes an alias from a key needs to be allowed that on the key, too.
      const before = call === "updateAlias" ? await keyResource(context, alias) : [];
      return [aliasResource(context, alias), ...before, ...(await keyResource(context, id))];
    },
    async handle({ AliasName: alias, TargetKeyId: id }, context) {
      checkAlias(alias);
      if (isAlias(id))
        throw new KmsError("ValidationException", "Aliases must refer to keys. Not aliases");
      await changeKeys(context, call, alias, await namedKey(context, id));
      return undefined;
    },
  });
}

/** @throws KmsError ValidationException, NotAuthorizedException (KMS's own) */
function checkAlias(alias: string): void {
  if (!isAlias(alias))
    throw new KmsError(
      "ValidationException",
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    );
  if (alias.startsWith("alias/aws/")) throw new KmsError("NotAuthorizedException");
  if (!KEY_ALIAS.test(alias))
    throw new KmsError("ValidationException", `${alias} contains invalid characters for an alias`);
}
