import { checkKeyPolicy, defaultKeyPolicy, POLICY_NAME } from "../../protocol/kms/key-policy.ts";
import { KmsError } from "../../protocol/kms/kms-error.ts";
import { boolean, optional, text } from "../../protocol/query-api/fields.ts";
import { kmsAction, type KmsActions } from "./action.ts";
import { keyId, PAGE, pageMembers, policy } from "./kms-fields.ts";
import { changeKeys, keyResource, namedKey } from "./kms-resources.ts";

const policyName = optional(text({ min: 1, max: 128, pattern: /^\w+$/, shown: String.raw`[\w]+` }));

/** Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html */
export const POLICY_ACTIONS = {
  GetKeyPolicy: kmsAction({
    input: { KeyId: keyId, PolicyName: policyName },
    on: ({ KeyId: id }, context) => keyResource(context, id),
    async handle({ KeyId: id, PolicyName: name }, context) {
      checkName(name);
      const key = await context.keyDirectory.call(
        context.scope,
        "describeKey",
        await namedKey(context, id),
      );
      return { Policy: key.policy ?? defaultKeyPolicy(key.accountId), PolicyName: POLICY_NAME };
    },
  }),

  PutKeyPolicy: kmsAction({
    input: {
      KeyId: keyId,
      PolicyName: policyName,
      Policy: policy,
      BypassPolicyLockoutSafetyCheck: optional(boolean()),
    },
    on: ({ KeyId: id }, context) => keyResource(context, id),
    async handle({ KeyId: id, PolicyName: name, Policy: given }, context) {
      checkName(name);
      checkKeyPolicy(given, context.scope.accountId);
      await changeKeys(context, "setKeyPolicy", await namedKey(context, id), given);
      return undefined;
    },
  }),

  ListKeyPolicies: kmsAction({
    input: { KeyId: keyId, ...PAGE },
    on: ({ KeyId: id }, context) => keyResource(context, id),
    async handle({ KeyId: id }, context) {
      await context.keyDirectory.call(context.scope, "describeKey", await namedKey(context, id));
      return { PolicyNames: [POLICY_NAME], ...pageMembers({ next: undefined }) };
    },
  }),
} satisfies KmsActions;

/** @throws KmsError NotFoundException */
function checkName(name: string | undefined): void {
  if (name !== undefined && name !== POLICY_NAME)
    throw new KmsError("NotFoundException", "No such policy exists");
}
