import { ACCOUNT_KEYS, act, fillVariedAccounts } from "../varied-accounts.ts";
import type { Damage } from "./damage-kinds.ts";

/** The user of an account that has all that accounts have. */
const USER = "(SELECT id FROM iam_user WHERE name = 'Alice')";

/** Of what accounts have, and of buckets, in the Directory. Each is done to something of its own. */
export const DAMAGED_DIRECTORY: readonly Damage[] = [
  {
    of: "attachments-of-nobody",
    async make(requests, _, ledge) {
      await fillVariedAccounts(ledge, requests);
      for (const UserName of ["lost-user", "lost-boundary", "lost-key"])
        await act(ledge, ACCOUNT_KEYS, "CreateUser", { UserName });
      await act(ledge, ACCOUNT_KEYS, "CreateAccessKey", { UserName: "lost-key" });
    },
    damage: (files) =>
      files.inDirectory(
        "INSERT INTO attachment (owner_id, policy_arn) VALUES ('AIDAGONE', 'arn:aws:iam::aws:policy/IAMFullAccess')",
        "INSERT INTO inline_policy (owner_id, name, document) VALUES ('AIDAGONE', 'p', '{}')",
        `INSERT INTO group_member (group_id, user_id) SELECT id, 'AIDAGONE' FROM iam_group`,
        "DELETE FROM iam_user WHERE name = 'lost-key'",
        "INSERT INTO kms_alias (account_id, region, name, key_id, created_ms, modified_ms) VALUES ('a', 'r', 'alias/x', 'k', 0, 0)",
        "INSERT INTO managed_policy_version (policy_arn, version, document, created_ms) VALUES ('arn:gone', 1, '{}', 0)",
      ),
    found: () => [
      "orphan-identities attachment AIDAGONE",
      "orphan-identities inline_policy AIDAGONE",
      "orphan-identities group_member AGPA",
      "orphan-identities access_key AKIA",
      "orphan-identities kms_alias a r alias/x",
      "orphan-identities managed_policy_version arn:gone",
    ],
    isMended: true,
  },
  {
    of: "policies-lost",
    make: async () => undefined,
    damage: (files) =>
      files.inDirectory(
        `INSERT INTO attachment (owner_id, policy_arn) SELECT id, 'arn:aws:iam::111111111111:policy/gone' FROM iam_user WHERE name = 'lost-user'`,
        "UPDATE iam_user SET boundary_arn = 'arn:aws:iam::1:policy/gone' WHERE name = 'lost-boundary'",
        "UPDATE managed_policy SET default_version = 9",
      ),
    found: () => [
      "missing-policies attachment AIDA",
      "missing-policies iam_user AIDA",
      "missing-policies managed_policy arn",
    ],
    isMended: false,
  },
  {
    of: "policy-unreadable",
    make: async () => undefined,
    damage: (files) =>
      files.inDirectory(
        "UPDATE inline_policy SET document = '{' WHERE name = 'inline'",
        "UPDATE iam_role SET trust = 'x'",
        `UPDATE iam_user SET tags = '[' WHERE id = ${USER}`,
      ),
    found: () => [
      "identity-documents inline_policy AROA",
      "identity-documents iam_role AROA",
      "identity-documents iam_user AIDA",
    ],
    isMended: false,
  },
  {
    of: "account-lost",
    make: async () => undefined,
    damage: (files) =>
      files.inDirectory(
        "UPDATE bucket SET owner_account_id = '999999999999' WHERE name = 'other'",
        "UPDATE oidc_provider SET account_id = '999999999999'",
      ),
    found: () => ["unknown-accounts bucket other", "unknown-accounts oidc_provider arn"],
    isMended: false,
  },
  {
    of: "material-lost",
    make: async () => undefined,
    damage: (files) =>
      files.inDirectory("UPDATE kms_material SET version = 7 WHERE account_id = '111111111111'"),
    found: () => [
      "key-materials kms_key 111111111111/",
      // It is sealed for the version that it was.
      "sealed-secrets key material 111111111111/",
    ],
    isMended: false,
  },
  {
    of: "secret-spoilt",
    make: async () => undefined,
    damage: (files) =>
      files.inDirectory(`UPDATE access_key SET secret = x'01020304' WHERE user_id = ${USER}`),
    found: () => ["sealed-secrets access key AKIA"],
    isMended: false,
  },
  {
    of: "bucket-document-unreadable",
    make: async () => undefined,
    damage: (files) =>
      files.inDirectory(
        `INSERT INTO bucket_document (bucket_id, kind, id, part, revision, modified_ms, body)
         SELECT id, 'analytics', 'x', 'directory', 1, 0, '{' FROM bucket WHERE name = 'other'`,
      ),
    found: () => ["bucket-documents bucket_document"],
    isMended: false,
  },
];
