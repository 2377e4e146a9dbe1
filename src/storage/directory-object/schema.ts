import type { Migrations } from "../sql-migrations.ts";

/** The Directory's tables; `docs/storage.md` explains them. */
export const MIGRATIONS: Migrations = [
  `
  CREATE TABLE bucket (
    name TEXT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    region TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    shard_count INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    delete_token TEXT,
    delete_began_ms INTEGER,
    gateway_revision INTEGER NOT NULL,
    shard_revision INTEGER NOT NULL,
    shard_flags TEXT NOT NULL
  ) WITHOUT ROWID;

  -- The part stands in the row, so that a Directory serves kinds that it does not know, of a gateway that is newer.
  CREATE TABLE bucket_document (
    bucket_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    part TEXT NOT NULL,
    revision INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (bucket_id, kind, id)
  ) WITHOUT ROWID;
  CREATE INDEX bucket_document_part ON bucket_document (bucket_id, part) WHERE part <> 'directory';
  `,
  `
  ALTER TABLE bucket ADD COLUMN owner_account_id TEXT;
  ALTER TABLE bucket ADD COLUMN owner_display_name TEXT;
  `,
  `
  CREATE TABLE account (
    id TEXT PRIMARY KEY,
    canonical_id TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    email TEXT UNIQUE,
    created_ms INTEGER NOT NULL,
    origin TEXT NOT NULL,
    alias TEXT UNIQUE,
    public_access_block TEXT
  ) WITHOUT ROWID;

  CREATE TABLE access_key (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    user_id TEXT,
    secret BLOB NOT NULL,
    status TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    last_used_ms INTEGER,
    last_service TEXT,
    last_region TEXT
  ) WITHOUT ROWID;
  CREATE INDEX access_key_account ON access_key (account_id);
  `,
  `
  CREATE TABLE kms_key (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    version INTEGER NOT NULL,
    rotation_days INTEGER,
    rotation_due_ms INTEGER,
    deletion_ms INTEGER,
    description TEXT NOT NULL DEFAULT '',
    tags TEXT,
    policy TEXT,
    PRIMARY KEY (account_id, id)
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX kms_key_name ON kms_key (account_id, region, name);
  CREATE INDEX kms_key_deletion ON kms_key (deletion_ms) WHERE deletion_ms IS NOT NULL;

  CREATE TABLE kms_material (
    account_id TEXT NOT NULL,
    key_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    created_ms INTEGER NOT NULL,
    is_on_demand INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, key_id, version)
  ) WITHOUT ROWID;

  CREATE TABLE kms_alias (
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    key_id TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL,
    PRIMARY KEY (account_id, region, name)
  ) WITHOUT ROWID;
  CREATE INDEX kms_alias_key ON kms_alias (account_id, key_id);
  `,
  `
  ALTER TABLE access_key ADD COLUMN origin TEXT NOT NULL DEFAULT 'account';
  CREATE INDEX access_key_user ON access_key (user_id) WHERE user_id IS NOT NULL;

  CREATE TABLE iam_user (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    name_lower TEXT NOT NULL,
    path TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    origin TEXT NOT NULL,
    tags TEXT NOT NULL,
    boundary_arn TEXT,
    UNIQUE (account_id, name_lower)
  ) WITHOUT ROWID;
  CREATE INDEX iam_user_boundary ON iam_user (boundary_arn) WHERE boundary_arn IS NOT NULL;

  CREATE TABLE iam_group (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    name_lower TEXT NOT NULL,
    path TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    UNIQUE (account_id, name_lower)
  ) WITHOUT ROWID;

  CREATE TABLE group_member (
    group_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (group_id, user_id)
  ) WITHOUT ROWID;
  CREATE INDEX group_member_user ON group_member (user_id);

  -- trust_ids: the unique ids of the users and roles that the trust policy names, by their ARNs, as JSON.
  CREATE TABLE iam_role (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    name_lower TEXT NOT NULL,
    path TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    tags TEXT NOT NULL,
    boundary_arn TEXT,
    trust TEXT NOT NULL,
    trust_ids TEXT NOT NULL,
    description TEXT,
    max_session_seconds INTEGER NOT NULL,
    last_used_ms INTEGER,
    last_region TEXT,
    UNIQUE (account_id, name_lower)
  ) WITHOUT ROWID;
  CREATE INDEX iam_role_boundary ON iam_role (boundary_arn) WHERE boundary_arn IS NOT NULL;

  -- Their owners are users, groups, and roles, by their unique ids.
  CREATE TABLE inline_policy (
    owner_id TEXT NOT NULL,
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (owner_id, name)
  ) WITHOUT ROWID;

  CREATE TABLE attachment (
    owner_id TEXT NOT NULL,
    policy_arn TEXT NOT NULL,
    PRIMARY KEY (owner_id, policy_arn)
  ) WITHOUT ROWID;
  CREATE INDEX attachment_policy ON attachment (policy_arn);

  CREATE TABLE managed_policy (
    arn TEXT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    name_lower TEXT NOT NULL,
    path TEXT NOT NULL,
    description TEXT,
    tags TEXT NOT NULL,
    default_version INTEGER NOT NULL,
    next_version INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    UNIQUE (account_id, name_lower)
  ) WITHOUT ROWID;

  CREATE TABLE managed_policy_version (
    policy_arn TEXT NOT NULL,
    version INTEGER NOT NULL,
    document TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (policy_arn, version)
  ) WITHOUT ROWID;

  CREATE TABLE oidc_provider (
    arn TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    url TEXT NOT NULL,
    client_ids TEXT NOT NULL,
    thumbprints TEXT NOT NULL,
    tags TEXT NOT NULL,
    created_ms INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX oidc_provider_account ON oidc_provider (account_id);
  `,
  `
  CREATE TABLE audit_event (
    id INTEGER PRIMARY KEY,
    time_ms INTEGER NOT NULL,
    account_id TEXT,
    event TEXT NOT NULL
  );
  CREATE INDEX audit_event_account ON audit_event (account_id);
  `,
  `
  ALTER TABLE audit_event ADD COLUMN is_refused INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE audit_event ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
  DROP INDEX audit_event_account;
  CREATE INDEX audit_event_account ON audit_event (account_id, is_refused, number);
  `,
  `
  CREATE TABLE installation (
    only INTEGER PRIMARY KEY CHECK (only = 0),
    id TEXT NOT NULL,
    is_confirmed INTEGER NOT NULL
  );
  `,
  `
  -- JSON: how often the bucket has grown, to how many shards it grows now, and which of the old ones have given away what moves.
  ALTER TABLE bucket ADD COLUMN growth TEXT;
  `,
  `
  CREATE TABLE replication_target (
    id TEXT PRIMARY KEY,
    modified_ms INTEGER NOT NULL,
    sealed BLOB NOT NULL
  ) WITHOUT ROWID;
  `,
  `
  -- A restore of all accounts that was begun, or the last one that was finished.
  CREATE TABLE account_restore (
    only INTEGER PRIMARY KEY CHECK (only = 0),
    token TEXT NOT NULL,
    finished_ms INTEGER
  );

  -- What it is to bring, until all of it is here.
  CREATE TABLE account_restore_page (
    page INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL,
    rows TEXT
  );
  `,
];
