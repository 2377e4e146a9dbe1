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
];
