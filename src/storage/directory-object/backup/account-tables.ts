/** A table of what accounts have, by the key that orders its rows. */
interface AccountTable {
  readonly name: string;
  readonly key: readonly string[];
  /** Its columns of bytes. */
  readonly bytes?: readonly string[];
  /** Keys of KMS may be there already: whatever encrypts makes some, and so does the restore of a bucket. */
  readonly isOfKms?: true;
}

/** All that a backup of the accounts has, in its order; `docs/backup.md` says of every other table why not. */
export const ACCOUNT_TABLES: readonly AccountTable[] = [
  { name: "account", key: ["id"] },
  { name: "oidc_provider", key: ["arn"] },
  { name: "managed_policy", key: ["arn"] },
  { name: "managed_policy_version", key: ["policy_arn", "version"] },
  { name: "iam_group", key: ["id"] },
  { name: "iam_role", key: ["id"] },
  { name: "iam_user", key: ["id"] },
  { name: "group_member", key: ["group_id", "user_id"] },
  { name: "inline_policy", key: ["owner_id", "name"] },
  { name: "attachment", key: ["owner_id", "policy_arn"] },
  { name: "access_key", key: ["id"], bytes: ["secret"] },
  { name: "replication_target", key: ["id"], bytes: ["sealed"] },
  { name: "kms_key", key: ["account_id", "id"], isOfKms: true },
  {
    name: "kms_material",
    key: ["account_id", "key_id", "version"],
    bytes: ["sealed"],
    isOfKms: true,
  },
  { name: "kms_alias", key: ["account_id", "region", "name"], isOfKms: true },
];
