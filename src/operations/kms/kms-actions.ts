import type { KmsActions } from "./action.ts";
import { ALIAS_ACTIONS } from "./aliases.ts";
import { KEY_ACTIONS } from "./keys.ts";
import { POLICY_ACTIONS } from "./policies.ts";
import { ROTATION_ACTIONS } from "./rotation.ts";
import { TAG_ACTIONS } from "./tags.ts";

/** What Ledge has of KMS: all that manages the keys of objects. */
export const KMS_ACTIONS: KmsActions = {
  ...ALIAS_ACTIONS,
  ...KEY_ACTIONS,
  ...POLICY_ACTIONS,
  ...ROTATION_ACTIONS,
  ...TAG_ACTIONS,
};

/** Actions that KMS has and Ledge has not: each is refused by its name. Keys are for objects, and encrypt nothing else. */
export const NOT_BUILT_KMS_ACTIONS: ReadonlySet<string> = new Set([
  "ConnectCustomKeyStore",
  "CreateCustomKeyStore",
  "CreateGrant",
  "Decapsulate",
  "Decrypt",
  "DeleteCustomKeyStore",
  "DeleteImportedKeyMaterial",
  "DeriveSharedSecret",
  "DescribeCustomKeyStores",
  "DisconnectCustomKeyStore",
  "Encapsulate",
  "Encrypt",
  "GenerateDataKey",
  "GenerateDataKeyPair",
  "GenerateDataKeyPairWithoutPlaintext",
  "GenerateDataKeyWithoutPlaintext",
  "GenerateMac",
  "GenerateRandom",
  "GetKeyLastUsage",
  "GetParametersForImport",
  "GetPublicKey",
  "ImportKeyMaterial",
  "ListGrants",
  "ListRetirableGrants",
  "ReEncrypt",
  "ReplicateKey",
  "RetireGrant",
  "RevokeGrant",
  "Sign",
  "UpdateCustomKeyStore",
  "UpdatePrimaryRegion",
  "Verify",
  "VerifyMac",
]);
