import type { CheckDescription } from "../../ports/shard-inspection.ts";

/** Rows of a table that something is wrong with. */
export interface Fault {
  readonly table: string;
  /** In SQL: what tells the row from all others of its table. */
  readonly name: string;
  /** In SQL. */
  readonly condition: string;
  readonly detail: string;
}

/** One thing that may be wrong with the Directory's tables. What has a repair is deleted by it. */
export interface DirectoryCheck extends CheckDescription {
  readonly faults: readonly Fault[];
}

const inAccounts = (column: string): string => `${column} IN (SELECT id FROM account)`;
const IS_OWNER = `(owner_id IN (SELECT id FROM iam_user) OR owner_id IN (SELECT id FROM iam_group)
  OR owner_id IN (SELECT id FROM iam_role))`;
/** AWS's own are in no table. */
const isPolicy = (column: string): string =>
  `(${column} LIKE 'arn:aws:iam::aws:policy/%' OR ${column} IN (SELECT arn FROM managed_policy))`;

/** Those of tables that have a row for each of an account's. */
const OF_ACCOUNTS: Readonly<Record<string, string>> = {
  iam_user: "id",
  iam_group: "id",
  iam_role: "id",
  managed_policy: "arn",
  oidc_provider: "arn",
  access_key: "id",
};

const DOCUMENTS: readonly (readonly [table: string, name: string, ...columns: string[]])[] = [
  ["inline_policy", "owner_id || ' ' || name", "document"],
  ["managed_policy_version", "policy_arn || ' ' || version", "document"],
  ["managed_policy", "arn", "tags"],
  ["iam_role", "id", "trust", "trust_ids", "tags"],
  ["iam_user", "id", "tags"],
  ["oidc_provider", "arn", "client_ids", "thumbprints", "tags"],
  ["kms_key", "account_id || '/' || id", "tags", "policy"],
];

const isNoJson = (column: string): string =>
  `(${column} IS NOT NULL AND ${column} <> '' AND NOT json_valid(${column}))`;

export const DIRECTORY_CHECKS: readonly DirectoryCheck[] = [
  {
    name: "orphan-documents",
    means: "the Directory has documents of a bucket that there is not",
    repair: "deletes them",
    faults: [
      {
        table: "bucket_document",
        name: "bucket_id || ' ' || kind || ' ' || id",
        condition: "bucket_id NOT IN (SELECT id FROM bucket)",
        detail: "there is no such bucket",
      },
    ],
  },
  {
    name: "bucket-documents",
    means: "a document of a bucket's configuration cannot be read",
    faults: [
      {
        table: "bucket_document",
        name: "bucket_id || ' ' || kind || ' ' || id",
        // Of a restore they name a backup.
        condition: "kind NOT IN ('restore', 'restored') AND NOT json_valid(body)",
        detail: "it is no JSON",
      },
      {
        table: "bucket",
        name: "name",
        condition: `${isNoJson("shard_flags")} OR ${isNoJson("growth")}`,
        detail: "what gateways know of its shards is no JSON",
      },
    ],
  },
  {
    name: "unknown-accounts",
    means: "a bucket, or an identity, is of an account that there is not",
    faults: [
      {
        table: "bucket",
        name: "name",
        condition: `owner_account_id IS NOT NULL AND NOT ${inAccounts("owner_account_id")}`,
        detail: "its owner's account is not there",
      },
      ...Object.entries(OF_ACCOUNTS).map(([table, name]) => ({
        ...{ table, name },
        condition: `NOT ${inAccounts("account_id")}`,
        detail: "its account is not there",
      })),
    ],
  },
  {
    name: "orphan-identities",
    means: "something belongs to a user, a group, a role, a policy, or a key that there is not",
    repair: "deletes it",
    faults: [
      {
        table: "group_member",
        name: "group_id || ' ' || user_id",
        condition: `group_id NOT IN (SELECT id FROM iam_group) OR user_id NOT IN (SELECT id FROM iam_user)`,
        detail: "there is no such user, or no such group",
      },
      ...[
        { table: "inline_policy", name: "owner_id || ' ' || name" },
        { table: "attachment", name: "owner_id || ' ' || policy_arn" },
      ].map((each) => ({
        ...each,
        condition: `NOT ${IS_OWNER}`,
        detail: "there is no such user, group, or role",
      })),
      {
        table: "access_key",
        name: "id",
        condition: `${inAccounts("account_id")} AND user_id IS NOT NULL AND user_id NOT IN (SELECT id FROM iam_user)`,
        detail: "there is no such user",
      },
      {
        table: "managed_policy_version",
        name: "policy_arn || ' ' || version",
        condition: "policy_arn NOT IN (SELECT arn FROM managed_policy)",
        detail: "there is no such policy",
      },
      {
        table: "kms_alias",
        name: "account_id || ' ' || region || ' ' || name",
        condition: `NOT EXISTS (SELECT 1 FROM kms_key WHERE kms_key.account_id = kms_alias.account_id
          AND kms_key.id = kms_alias.key_id)`,
        detail: "there is no such key",
      },
    ],
  },
  {
    name: "missing-policies",
    means: "a policy is not there that allows, denies, or bounds what somebody may do",
    faults: [
      {
        table: "attachment",
        name: "owner_id || ' ' || policy_arn",
        condition: `NOT ${isPolicy("policy_arn")}`,
        detail: "the policy that is attached is not there",
      },
      ...["iam_user", "iam_role"].map((table) => ({
        ...{ table, name: "id" },
        condition: `boundary_arn IS NOT NULL AND NOT ${isPolicy("boundary_arn")}`,
        detail: "its boundary is not there",
      })),
      {
        table: "managed_policy",
        name: "arn",
        condition: `NOT EXISTS (SELECT 1 FROM managed_policy_version WHERE policy_arn = arn
          AND version = default_version)`,
        detail: "its default version is not there",
      },
    ],
  },
  {
    name: "identity-documents",
    means: "a policy, or what is said of a user, a role, a provider, or a key, cannot be read",
    faults: DOCUMENTS.map(([table, name, ...columns]) => ({
      ...{ table, name },
      condition: columns.map(isNoJson).join(" OR "),
      detail: "it is no JSON",
    })),
  },
  {
    name: "key-materials",
    means:
      "a KMS key has lost a material, or a material its key: what is encrypted with it cannot be read",
    faults: [
      {
        table: "kms_key",
        name: "account_id || '/' || id",
        condition: `NOT EXISTS (SELECT 1 FROM kms_material WHERE kms_material.account_id = kms_key.account_id
          AND key_id = kms_key.id AND kms_material.version = kms_key.version)`,
        detail: "the material of its version is not there",
      },
      {
        table: "kms_material",
        name: "account_id || '/' || key_id || '/' || version",
        condition: `NOT EXISTS (SELECT 1 FROM kms_key WHERE kms_key.account_id = kms_material.account_id
          AND kms_key.id = kms_material.key_id)`,
        detail: "its key is not there",
      },
    ],
  },
];
