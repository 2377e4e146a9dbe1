import type { Migrations } from "../sql-migrations.ts";

/**
 * One shard's tables; `docs/storage.md` explains them.
 *
 * `object` holds narrow rows, since lookups and listings read them; inline bodies lie apart, in a rowid table.
 * `headers` comes last: when metadata is long, it is what overflows the page.
 */
export const MIGRATIONS: Migrations = [
  `
  CREATE TABLE shard (
    id INTEGER PRIMARY KEY CHECK (id = 0),
    name TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    seal TEXT,
    sweep_fence TEXT NOT NULL,
    sweep_cursor TEXT NOT NULL
  );
  INSERT INTO shard VALUES (0, '', 0, NULL, '', '');

  CREATE TABLE object (
    key TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    etag TEXT NOT NULL,
    storage_class TEXT NOT NULL,
    checksum TEXT,
    blob_id TEXT,
    headers TEXT NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE inline_body (
    sequence INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL
  );

  CREATE TABLE blob (
    blob_id TEXT PRIMARY KEY,
    reference_count INTEGER NOT NULL,
    garbage_due_ms INTEGER
  ) WITHOUT ROWID;
  CREATE INDEX blob_garbage ON blob (garbage_due_ms) WHERE garbage_due_ms IS NOT NULL;

  CREATE TABLE job (
    kind TEXT PRIMARY KEY,
    due_ms INTEGER NOT NULL
  ) WITHOUT ROWID;
  `,
];
