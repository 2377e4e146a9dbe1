import { createHash } from "node:crypto";
import { checkKeyPolicy } from "../../protocol/kms/key-policy.ts";
import { keyArn } from "../../protocol/kms/key-reference.ts";
import { KmsError } from "../../protocol/kms/kms-error.ts";
import { boolean, integer, oneOf, optional, text } from "../../protocol/query-api/fields.ts";
import type { KeyDetails } from "../../storage/ports/key-directory.ts";
import { kmsAction, type KmsActions } from "./action.ts";
import {
  description,
  keyId,
  kmsTime,
  newTags,
  PAGE,
  pageMembers,
  pageRequest,
  policy,
  tags,
} from "./kms-fields.ts";
import { anyResource, changeKeys, keyResource, namedKey } from "./kms-resources.ts";

const DEFAULT_WINDOW_DAYS = 30;
const MIN_WINDOW_DAYS = 7;

/** Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html, and the pages beside it */
export const KEY_ACTIONS = {
  CreateKey: kmsAction({
    input: {
      BypassPolicyLockoutSafetyCheck: optional(boolean()),
      CustomKeyStoreId: optional(text({ min: 1, max: 64 })),
      CustomerMasterKeySpec: optional(text()),
      Description: optional(description),
      KeySpec: optional(text()),
      KeyUsage: optional(text()),
      MultiRegion: optional(boolean()),
      Origin: optional(oneOf(["AWS_CLOUDHSM", "AWS_KMS", "EXTERNAL", "EXTERNAL_KEY_STORE"])),
      Policy: optional(policy),
      Tags: optional(tags),
      XksKeyId: optional(text({ min: 1, max: 128 })),
    },
    on: ({ Tags = [] }) => [{ arn: "*", requestTags: newTags(Tags) }],
    async handle(input, context) {
      const { keys, scope } = context;
      requireOwn("KeySpec", input.KeySpec ?? input.CustomerMasterKeySpec, "SYMMETRIC_DEFAULT");
      requireOwn("KeyUsage", input.KeyUsage, "ENCRYPT_DECRYPT");
      requireOwn("Origin", input.Origin, "AWS_KMS");
      if (input.MultiRegion === true) throw unsupported("MultiRegion true");
      if (input.Policy !== undefined) checkKeyPolicy(input.Policy, scope.accountId);
      const id = crypto.randomUUID();
      const key = await changeKeys(context, "createKey", {
        id,
        region: scope.region,
        name: id,
        kind: "customer",
        description: input.Description ?? "",
        tags: newTags(input.Tags ?? []),
        policy: input.Policy,
        sealedMaterial: keys.newMaterial(scope.accountId, id, 1),
      });
      return { KeyMetadata: metadata(key) };
    },
  }),

  DescribeKey: kmsAction({
    input: { KeyId: keyId },
    on: ({ KeyId: id }, context) => keyResource(context, id),
    async handle({ KeyId: id }, context) {
      const name = await namedKey(context, id);
      const key = await context.keyDirectory.call(context.scope, "describeKey", name);
      return { KeyMetadata: metadata(key) };
    },
  }),

  ListKeys: kmsAction({
    input: PAGE,
    on: anyResource,
    async handle(input, { keyDirectory, keys, scope }) {
      const { accountId, region } = scope;
      await keys.makeAtFirstUse(accountId, region, undefined);
      const page = await keyDirectory.call(scope, "listKeys", pageRequest(input));
      const found = page.items.map((name) => ({
        KeyId: name,
        KeyArn: keyArn({ accountId, region, name }),
      }));
      return { Keys: found, ...pageMembers(page) };
    },
  }),

  EnableKey: stateAction("Enabled"),
  DisableKey: stateAction("Disabled"),

  ScheduleKeyDeletion: kmsAction({
    input: { KeyId: keyId, PendingWindowInDays: optional(integer(1, 365)) },
    on: ({ KeyId: id }, context) => keyResource(context, id),
    async handle({ KeyId: id, PendingWindowInDays: days = DEFAULT_WINDOW_DAYS }, context) {
      if (days < MIN_WINDOW_DAYS || days > DEFAULT_WINDOW_DAYS)
        throw new KmsError(
          "ValidationException",
          `PendingWindowInDays should be between ${MIN_WINDOW_DAYS} and ${DEFAULT_WINDOW_DAYS}, but it is ${days}`,
        );
      const name = await namedKey(context, id);
      const key = await changeKeys(context, "scheduleKeyDeletion", name, days);
      return {
        KeyId: keyArn(key),
        DeletionDate: kmsTime(key.deletionMs ?? 0),
        KeyState: key.state,
        PendingWindowInDays: days,
      };
    },
  }),

  CancelKeyDeletion: kmsAction({
    input: { KeyId: keyId },
    on: ({ KeyId: id }, context) => keyResource(context, id),
    async handle({ KeyId: id }, context) {
      const name = await namedKey(context, id);
      return { KeyId: keyArn(await changeKeys(context, "cancelKeyDeletion", name)) };
    },
  }),

  UpdateKeyDescription: kmsAction({
    input: { KeyId: keyId, Description: description },
    on: ({ KeyId: id }, context) => keyResource(context, id),
    async handle({ KeyId: id, Description: said }, context) {
      await changeKeys(context, "setKeyDescription", await namedKey(context, id), said);
      return undefined;
    },
  }),
} satisfies KmsActions;

function stateAction(state: "Disabled" | "Enabled") {
  return kmsAction({
    input: { KeyId: keyId },
    on: ({ KeyId: id }, context) => keyResource(context, id),
    async handle({ KeyId: id }, context) {
      await changeKeys(context, "setKeyState", await namedKey(context, id), state);
      return undefined;
    },
  });
}

function requireOwn(name: string, value: string | undefined, own: string): void {
  if (value !== undefined && value !== own) throw unsupported(`${name} ${value.slice(0, 64)}`);
}

function unsupported(what: string): KmsError {
  return new KmsError("UnsupportedOperationException", `${what} is not supported`);
}

function metadata(key: KeyDetails): object {
  return {
    AWSAccountId: key.accountId,
    Arn: keyArn(key),
    CreationDate: kmsTime(key.createdMs),
    CurrentKeyMaterialId: materialId(key, key.version),
    CustomerMasterKeySpec: "SYMMETRIC_DEFAULT",
    ...(key.deletionMs !== undefined && { DeletionDate: kmsTime(key.deletionMs) }),
    Description: key.description,
    Enabled: key.state === "Enabled",
    EncryptionAlgorithms: ["SYMMETRIC_DEFAULT"],
    KeyId: key.name,
    KeyManager: key.kind === "aws" ? "AWS" : "CUSTOMER",
    KeySpec: "SYMMETRIC_DEFAULT",
    KeyState: key.state,
    KeyUsage: "ENCRYPT_DECRYPT",
    MultiRegion: false,
    Origin: "AWS_KMS",
  };
}

/** A name for one material, which tells nothing of it. */
export function materialId(
  { accountId, id }: Pick<KeyDetails, "accountId" | "id">,
  version: number,
): string {
  return createHash("sha256").update(`kms material ${accountId}/${id}/${version}`).digest("hex");
}
