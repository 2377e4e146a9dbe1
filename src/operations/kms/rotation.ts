import { keyArn } from "../../protocol/kms/key-reference.ts";
import { KmsError } from "../../protocol/kms/kms-error.ts";
import { integer, oneOf, optional } from "../../protocol/query-api/fields.ts";
import { kmsAction, type KmsActions } from "./action.ts";
import { keyId, kmsTime, PAGE, pageMembers, pageRequest } from "./kms-fields.ts";
import { changeKeys, keyResource, namedKey } from "./kms-resources.ts";
import { materialId } from "./keys.ts";

const DEFAULT_PERIOD_DAYS = 365;
/** So often may others give the key new material meanwhile. */
const MAX_TRIES = 5;

/** Source: https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html */
export const ROTATION_ACTIONS = {
  EnableKeyRotation: kmsAction({
    input: { KeyId: keyId, RotationPeriodInDays: optional(integer(90, 2560)) },
    on: ({ KeyId: id }, context) => keyResource(context, id),
    async handle({ KeyId: id, RotationPeriodInDays: days = DEFAULT_PERIOD_DAYS }, context) {
      await changeKeys(context, "setKeyRotation", await namedKey(context, id), days);
      return undefined;
    },
  }),

  DisableKeyRotation: kmsAction({
    input: { KeyId: keyId },
    on: ({ KeyId: id }, context) => keyResource(context, id),
    async handle({ KeyId: id }, context) {
      await changeKeys(context, "setKeyRotation", await namedKey(context, id), undefined);
      return undefined;
    },
  }),

  GetKeyRotationStatus: kmsAction({
    input: { KeyId: keyId },
    on: ({ KeyId: id }, context) => keyResource(context, id),
    async handle({ KeyId: id }, context) {
      const name = await namedKey(context, id);
      const key = await context.keyDirectory.call(context.scope, "describeKey", name);
      const { nextRotationMs, rotationDays, state } = key;
      const isEnabled = nextRotationMs !== undefined && state !== "PendingDeletion";
      return {
        KeyId: keyArn(key),
        KeyRotationEnabled: isEnabled,
        ...(isEnabled && {
          NextRotationDate: kmsTime(nextRotationMs),
          RotationPeriodInDays: rotationDays,
        }),
      };
    },
  }),

  RotateKeyOnDemand: kmsAction({
    input: { KeyId: keyId },
    on: ({ KeyId: id }, context) => keyResource(context, id),
    async handle({ KeyId: id }, context) {
      const { keyDirectory, keys, scope } = context;
      const name = await namedKey(context, id);
      for (let tries = 0; tries < MAX_TRIES; tries += 1) {
        const key = await keyDirectory.call(scope, "describeKey", name);
        const material = keys.newMaterial(key.accountId, key.id, key.version + 1);
        const rotated = await changeKeys(
          context,
          "rotateKeyOnDemand",
          key.name,
          key.version,
          material,
        );
        if (rotated !== undefined) return { KeyId: keyArn(rotated) };
      }
      throw new KmsError("ConflictException");
    },
  }),

  ListKeyRotations: kmsAction({
    input: {
      KeyId: keyId,
      IncludeKeyMaterial: optional(oneOf(["ALL_KEY_MATERIAL", "ROTATIONS_ONLY"])),
      ...PAGE,
    },
    on: ({ KeyId: id }, context) => keyResource(context, id),
    async handle(input, context) {
      const { keyDirectory, scope } = context;
      const { after = "0", limit } = pageRequest(input);
      const name = await namedKey(context, input.KeyId);
      const key = await keyDirectory.call(scope, "describeKey", name);
      const rotations = await keyDirectory.call(scope, "listKeyRotations", key.name);
      const left = rotations.filter(({ version }) => version > Number(after));
      const shown = left.slice(0, limit);
      const next = left.length > limit ? String(shown.at(-1)?.version) : undefined;
      const told = shown.map(({ version, createdMs, isOnDemand }) => ({
        KeyId: key.name,
        KeyMaterialId: materialId(key, version),
        RotationDate: kmsTime(createdMs),
        RotationType: isOnDemand ? "ON_DEMAND" : "AUTOMATIC",
      }));
      return { Rotations: told, ...pageMembers({ next }) };
    },
  }),
} satisfies KmsActions;
