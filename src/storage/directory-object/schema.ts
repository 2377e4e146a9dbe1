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
];
