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
    revision INTEGER NOT NULL,
    configuration TEXT NOT NULL
  ) WITHOUT ROWID;
  `,
];
