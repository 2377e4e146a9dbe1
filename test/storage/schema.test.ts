import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { MIGRATIONS as DIRECTORY } from "../../src/storage/directory-object/schema.ts";
import { MIGRATIONS as BUCKET_INDEX } from "../../src/storage/bucket-shard/rows/schema.ts";
import { migrate } from "../../src/storage/sql-migrations.ts";

/** The tables and indexes that a database holds, white space aside. */
function ddl(sql: SqlStorage): string[] {
  const rows = sql.exec<{ sql: string }>(
    "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE '\\_cf%' ESCAPE '\\' ORDER BY name",
  );
  return rows.toArray().map((row) => row.sql.replaceAll(/\s+/g, " "));
}

// Data that one version of Ledge wrote opens in the next: a migration that is here is never edited.
const FIRST_SHARD_SCHEMA: readonly string[] = [
  "CREATE TABLE annotation ( sequence INTEGER NOT NULL, name TEXT NOT NULL, modified_ms INTEGER NOT NULL, size_bytes INTEGER NOT NULL, etag TEXT NOT NULL, checksum TEXT, payload BLOB NOT NULL, PRIMARY KEY (sequence, name) )",
  "CREATE TABLE completed_upload ( upload_id TEXT PRIMARY KEY, completed_ms INTEGER NOT NULL, request_sha256 TEXT NOT NULL, etag TEXT NOT NULL, size_bytes INTEGER NOT NULL, checksum TEXT, version_id TEXT ) WITHOUT ROWID",
  "CREATE INDEX completed_upload_time ON completed_upload (completed_ms)",
  "CREATE TABLE content ( content_id TEXT PRIMARY KEY, reference_count INTEGER NOT NULL, garbage_due_ms INTEGER, hold_token TEXT ) WITHOUT ROWID",
  "CREATE INDEX content_garbage ON content (garbage_due_ms) WHERE garbage_due_ms IS NOT NULL",
  "CREATE INDEX content_hold ON content (hold_token) WHERE hold_token IS NOT NULL",
  "CREATE TABLE hold ( token TEXT PRIMARY KEY, content_id TEXT NOT NULL, is_confirmed INTEGER NOT NULL ) WITHOUT ROWID",
  "CREATE INDEX hold_unconfirmed ON hold (token) WHERE is_confirmed = 0",
  "CREATE TABLE inline_body ( sequence INTEGER PRIMARY KEY, bytes BLOB NOT NULL )",
  "CREATE TABLE job ( kind TEXT PRIMARY KEY, due_ms INTEGER NOT NULL ) WITHOUT ROWID",
  "CREATE TABLE migration (steps INTEGER NOT NULL)",
  "CREATE TABLE object ( key TEXT PRIMARY KEY, sequence INTEGER NOT NULL, modified_ms INTEGER NOT NULL, size_bytes INTEGER NOT NULL, etag TEXT NOT NULL, storage_class TEXT NOT NULL, checksum TEXT, content_id TEXT, part_count INTEGER, version_id TEXT, is_foreign INTEGER, access TEXT, encryption TEXT, sealed_key BLOB, attributes TEXT, headers TEXT NOT NULL ) WITHOUT ROWID",
  "CREATE TABLE part ( upload_id TEXT NOT NULL, part_number INTEGER NOT NULL, modified_ms INTEGER NOT NULL, size_bytes INTEGER NOT NULL, etag TEXT NOT NULL, checksum TEXT, content_id TEXT NOT NULL, sealed_key BLOB, PRIMARY KEY (upload_id, part_number) ) WITHOUT ROWID",
  "CREATE TABLE released_hold ( token TEXT PRIMARY KEY, content_id TEXT NOT NULL ) WITHOUT ROWID",
  "CREATE TABLE segment ( content_id TEXT NOT NULL, offset_bytes INTEGER NOT NULL, part_number INTEGER NOT NULL, size_bytes INTEGER NOT NULL, blob_id TEXT NOT NULL, blob_offset_bytes INTEGER NOT NULL, blob_size_bytes INTEGER NOT NULL, keeper_id TEXT NOT NULL, checksum TEXT, sealed_key BLOB, PRIMARY KEY (content_id, offset_bytes) ) WITHOUT ROWID",
  "CREATE INDEX segment_part ON segment (content_id, part_number)",
  "CREATE TABLE setting ( part TEXT PRIMARY KEY, revision INTEGER NOT NULL, body TEXT ) WITHOUT ROWID",
  "CREATE TABLE shard ( id INTEGER PRIMARY KEY CHECK (id = 0), name TEXT NOT NULL, sequence INTEGER NOT NULL, seal TEXT, sweep_fence TEXT NOT NULL, sweep_cursor TEXT NOT NULL )",
  "CREATE TABLE upload ( key TEXT NOT NULL, upload_id TEXT NOT NULL, initiated_ms INTEGER NOT NULL, object_sequence INTEGER, storage_class TEXT NOT NULL, checksum_algorithm TEXT, checksum_type TEXT, version_id TEXT, access TEXT, encryption TEXT, attributes TEXT, headers TEXT NOT NULL, PRIMARY KEY (key, upload_id) ) WITHOUT ROWID",
  "CREATE INDEX upload_initiated ON upload (initiated_ms)",
  "CREATE TABLE version ( key TEXT NOT NULL, sequence INTEGER NOT NULL, is_marker INTEGER NOT NULL, modified_ms INTEGER NOT NULL, size_bytes INTEGER NOT NULL, etag TEXT NOT NULL, storage_class TEXT NOT NULL, checksum TEXT, content_id TEXT, part_count INTEGER, version_id TEXT, is_foreign INTEGER, access TEXT, encryption TEXT, sealed_key BLOB, attributes TEXT, headers TEXT NOT NULL, PRIMARY KEY (key, sequence DESC) ) WITHOUT ROWID",
  "CREATE INDEX version_null ON version (key) WHERE version_id IS NULL",
];

/** What each further migration adds, or makes another. */
const ADDED_TO_SHARDS: readonly (readonly string[])[] = [
  ["CREATE INDEX version_foreign ON version (key, version_id) WHERE is_foreign = 1"],
  [
    "CREATE TABLE lifecycle_scan ( id INTEGER PRIMARY KEY CHECK (id = 0), cursor TEXT NOT NULL )",
    "CREATE TABLE lifecycle_zone ( first_key TEXT PRIMARY KEY, next_due_ms INTEGER NOT NULL ) WITHOUT ROWID",
  ],
  [
    "CREATE TABLE dead_letter ( id INTEGER PRIMARY KEY, target TEXT NOT NULL, key TEXT NOT NULL, emitted_ms INTEGER NOT NULL, reason TEXT NOT NULL, record TEXT NOT NULL )",
    "CREATE TABLE outbox ( target TEXT NOT NULL, id INTEGER NOT NULL, key TEXT NOT NULL, emitted_ms INTEGER NOT NULL, due_ms INTEGER, attempts INTEGER NOT NULL, record TEXT NOT NULL, PRIMARY KEY (target, id) ) WITHOUT ROWID",
    "CREATE TABLE outbox_target ( target TEXT PRIMARY KEY, failures INTEGER NOT NULL, due_ms INTEGER NOT NULL ) WITHOUT ROWID",
  ],
  [
    "CREATE TABLE foreign_ids ( id INTEGER PRIMARY KEY CHECK (id = 0) )",
    "CREATE TABLE replication_target ( target TEXT PRIMARY KEY, failed_count INTEGER NOT NULL, scan TEXT ) WITHOUT ROWID",
  ],
  [
    "CREATE TABLE log_batch ( id INTEGER PRIMARY KEY, destination TEXT NOT NULL, first_ms INTEGER NOT NULL, unique_name TEXT NOT NULL, count INTEGER NOT NULL, bytes INTEGER NOT NULL, lines TEXT NOT NULL )",
  ],
  [
    "CREATE TABLE row_counts ( id INTEGER PRIMARY KEY CHECK (id = 0), counts TEXT NOT NULL )",
    "CREATE TABLE content ( content_id TEXT PRIMARY KEY, reference_count INTEGER NOT NULL, garbage_due_ms INTEGER, hold_token TEXT , size_bytes INTEGER) WITHOUT ROWID",
  ],
  [
    "CREATE TABLE completed_upload ( upload_id TEXT PRIMARY KEY, completed_ms INTEGER NOT NULL, request_sha256 TEXT NOT NULL, etag TEXT NOT NULL, size_bytes INTEGER NOT NULL, checksum TEXT, version_id TEXT , moving_key TEXT) WITHOUT ROWID",
    "CREATE INDEX completed_upload_moving ON completed_upload (moving_key) WHERE moving_key IS NOT NULL",
    "CREATE TABLE growth ( id INTEGER PRIMARY KEY CHECK (id = 0), epoch INTEGER NOT NULL, shards_before INTEGER NOT NULL, shards_after INTEGER NOT NULL, moved_up_to TEXT NOT NULL, under_way_up_to TEXT, is_handed_over INTEGER NOT NULL, is_done INTEGER NOT NULL, moved_keys INTEGER NOT NULL, arrived TEXT )",
    "CREATE TABLE outbox ( target TEXT NOT NULL, id INTEGER NOT NULL, key TEXT NOT NULL, emitted_ms INTEGER NOT NULL, due_ms INTEGER, attempts INTEGER NOT NULL, record TEXT NOT NULL, moving_key TEXT, PRIMARY KEY (target, id) ) WITHOUT ROWID",
    "CREATE INDEX outbox_moving ON outbox (moving_key) WHERE moving_key IS NOT NULL",
  ],
  [
    "CREATE TABLE inventory ( id TEXT PRIMARY KEY, due_ms INTEGER NOT NULL, document TEXT, started_ms INTEGER, shard INTEGER NOT NULL, after TEXT NOT NULL ) WITHOUT ROWID",
    "CREATE TABLE inventory_file ( id TEXT NOT NULL, file TEXT NOT NULL )",
  ],
  [
    "CREATE TABLE lifecycle_total ( action TEXT PRIMARY KEY, count INTEGER NOT NULL, bytes INTEGER NOT NULL ) WITHOUT ROWID",
    "CREATE TABLE outbox ( target TEXT NOT NULL, id INTEGER NOT NULL, key TEXT NOT NULL, emitted_ms INTEGER NOT NULL, due_ms INTEGER, attempts INTEGER NOT NULL, record TEXT NOT NULL, moving_key TEXT, redriven_ms INTEGER, PRIMARY KEY (target, id) ) WITHOUT ROWID",
    "CREATE TABLE outbox_backlog ( target TEXT PRIMARY KEY, count INTEGER NOT NULL, counted_up_to INTEGER NOT NULL, passed_up_to INTEGER NOT NULL ) WITHOUT ROWID",
    "CREATE INDEX outbox_due ON outbox (target, due_ms) WHERE due_ms IS NOT NULL",
    "CREATE INDEX outbox_tried ON outbox (target, key) WHERE due_ms IS NOT NULL",
  ],
  [
    "CREATE TABLE log_batch ( id INTEGER PRIMARY KEY, destination TEXT NOT NULL, first_ms INTEGER NOT NULL, unique_name TEXT NOT NULL, count INTEGER NOT NULL, bytes INTEGER NOT NULL, lines TEXT NOT NULL , last_id INTEGER)",
  ],
];

const SHARD_SCHEMAS = Array.from({ length: ADDED_TO_SHARDS.length + 1 }, (_, added) =>
  latest([...FIRST_SHARD_SCHEMA, ...ADDED_TO_SHARDS.slice(0, added).flat()]).sort((a, b) =>
    nameIn(a) < nameIn(b) ? -1 : 1,
  ),
);

/** What has got a column stands there once more. */
function latest(statements: readonly string[]): string[] {
  return [...new Map(statements.map((each) => [nameIn(each), each])).values()];
}

function nameIn(statement: string): string {
  return statement.split(" ")[2] ?? "";
}

test("every schema of a shard has the tables that it was released with", async () => {
  expect(SHARD_SCHEMAS).toHaveLength(BUCKET_INDEX.length);
  for (const [i, expected] of SHARD_SCHEMAS.entries()) {
    const shard = env.BUCKET_INDEX.getByName(`schema-${i}/0`);
    const tables = await runInDurableObject(shard, async (_, { storage }) => {
      await storage.deleteAll();
      migrate(storage, BUCKET_INDEX.slice(0, i + 1));
      return ddl(storage.sql);
    });
    expect(tables).toEqual(expected);
  }
});

test("the Directory has these tables", async () => {
  const tables = await runInDurableObject(env.DIRECTORY.getByName("directory"), (_, { storage }) =>
    ddl(storage.sql),
  );
  expect(tables).toEqual([
    "CREATE TABLE access_key ( id TEXT PRIMARY KEY, account_id TEXT NOT NULL, user_id TEXT, secret BLOB NOT NULL, status TEXT NOT NULL, created_ms INTEGER NOT NULL, last_used_ms INTEGER, last_service TEXT, last_region TEXT , origin TEXT NOT NULL DEFAULT 'account') WITHOUT ROWID",
    "CREATE INDEX access_key_account ON access_key (account_id)",
    "CREATE INDEX access_key_user ON access_key (user_id) WHERE user_id IS NOT NULL",
    "CREATE TABLE account ( id TEXT PRIMARY KEY, canonical_id TEXT NOT NULL UNIQUE, display_name TEXT NOT NULL, email TEXT UNIQUE, created_ms INTEGER NOT NULL, origin TEXT NOT NULL, alias TEXT UNIQUE, public_access_block TEXT ) WITHOUT ROWID",
    "CREATE TABLE account_restore ( only INTEGER PRIMARY KEY CHECK (only = 0), token TEXT NOT NULL, finished_ms INTEGER )",
    "CREATE TABLE account_restore_page ( page INTEGER PRIMARY KEY, sha256 TEXT NOT NULL, rows TEXT )",
    "CREATE TABLE attachment ( owner_id TEXT NOT NULL, policy_arn TEXT NOT NULL, PRIMARY KEY (owner_id, policy_arn) ) WITHOUT ROWID",
    "CREATE INDEX attachment_policy ON attachment (policy_arn)",
    "CREATE TABLE audit_event ( id INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, account_id TEXT, event TEXT NOT NULL , is_refused INTEGER NOT NULL DEFAULT 0, number INTEGER NOT NULL DEFAULT 0)",
    "CREATE INDEX audit_event_account ON audit_event (account_id, is_refused, number)",
    "CREATE TABLE bucket ( name TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, region TEXT NOT NULL, owner_id TEXT NOT NULL, shard_count INTEGER NOT NULL, created_ms INTEGER NOT NULL, delete_token TEXT, delete_began_ms INTEGER, gateway_revision INTEGER NOT NULL, shard_revision INTEGER NOT NULL, shard_flags TEXT NOT NULL , owner_account_id TEXT, owner_display_name TEXT, growth TEXT) WITHOUT ROWID",
    "CREATE TABLE bucket_document ( bucket_id TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, part TEXT NOT NULL, revision INTEGER NOT NULL, modified_ms INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (bucket_id, kind, id) ) WITHOUT ROWID",
    "CREATE INDEX bucket_document_part ON bucket_document (bucket_id, part) WHERE part <> 'directory'",
    "CREATE TABLE group_member ( group_id TEXT NOT NULL, user_id TEXT NOT NULL, PRIMARY KEY (group_id, user_id) ) WITHOUT ROWID",
    "CREATE INDEX group_member_user ON group_member (user_id)",
    "CREATE TABLE iam_group ( id TEXT PRIMARY KEY, account_id TEXT NOT NULL, name TEXT NOT NULL, name_lower TEXT NOT NULL, path TEXT NOT NULL, created_ms INTEGER NOT NULL, UNIQUE (account_id, name_lower) ) WITHOUT ROWID",
    "CREATE TABLE iam_role ( id TEXT PRIMARY KEY, account_id TEXT NOT NULL, name TEXT NOT NULL, name_lower TEXT NOT NULL, path TEXT NOT NULL, created_ms INTEGER NOT NULL, tags TEXT NOT NULL, boundary_arn TEXT, trust TEXT NOT NULL, trust_ids TEXT NOT NULL, description TEXT, max_session_seconds INTEGER NOT NULL, last_used_ms INTEGER, last_region TEXT, UNIQUE (account_id, name_lower) ) WITHOUT ROWID",
    "CREATE INDEX iam_role_boundary ON iam_role (boundary_arn) WHERE boundary_arn IS NOT NULL",
    "CREATE TABLE iam_user ( id TEXT PRIMARY KEY, account_id TEXT NOT NULL, name TEXT NOT NULL, name_lower TEXT NOT NULL, path TEXT NOT NULL, created_ms INTEGER NOT NULL, origin TEXT NOT NULL, tags TEXT NOT NULL, boundary_arn TEXT, UNIQUE (account_id, name_lower) ) WITHOUT ROWID",
    "CREATE INDEX iam_user_boundary ON iam_user (boundary_arn) WHERE boundary_arn IS NOT NULL",
    "CREATE TABLE inline_policy ( owner_id TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (owner_id, name) ) WITHOUT ROWID",
    "CREATE TABLE installation ( only INTEGER PRIMARY KEY CHECK (only = 0), id TEXT NOT NULL, is_confirmed INTEGER NOT NULL )",
    "CREATE TABLE kms_alias ( account_id TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, key_id TEXT NOT NULL, created_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL, PRIMARY KEY (account_id, region, name) ) WITHOUT ROWID",
    "CREATE INDEX kms_alias_key ON kms_alias (account_id, key_id)",
    "CREATE TABLE kms_key ( account_id TEXT NOT NULL, id TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, created_ms INTEGER NOT NULL, version INTEGER NOT NULL, rotation_days INTEGER, rotation_due_ms INTEGER, deletion_ms INTEGER, description TEXT NOT NULL DEFAULT '', tags TEXT, policy TEXT, PRIMARY KEY (account_id, id) ) WITHOUT ROWID",
    "CREATE INDEX kms_key_deletion ON kms_key (deletion_ms) WHERE deletion_ms IS NOT NULL",
    "CREATE UNIQUE INDEX kms_key_name ON kms_key (account_id, region, name)",
    "CREATE TABLE kms_material ( account_id TEXT NOT NULL, key_id TEXT NOT NULL, version INTEGER NOT NULL, sealed BLOB NOT NULL, created_ms INTEGER NOT NULL, is_on_demand INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (account_id, key_id, version) ) WITHOUT ROWID",
    "CREATE TABLE managed_policy ( arn TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, account_id TEXT NOT NULL, name TEXT NOT NULL, name_lower TEXT NOT NULL, path TEXT NOT NULL, description TEXT, tags TEXT NOT NULL, default_version INTEGER NOT NULL, next_version INTEGER NOT NULL, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, UNIQUE (account_id, name_lower) ) WITHOUT ROWID",
    "CREATE TABLE managed_policy_version ( policy_arn TEXT NOT NULL, version INTEGER NOT NULL, document TEXT NOT NULL, created_ms INTEGER NOT NULL, PRIMARY KEY (policy_arn, version) ) WITHOUT ROWID",
    "CREATE TABLE migration (steps INTEGER NOT NULL)",
    "CREATE TABLE oidc_provider ( arn TEXT PRIMARY KEY, account_id TEXT NOT NULL, url TEXT NOT NULL, client_ids TEXT NOT NULL, thumbprints TEXT NOT NULL, tags TEXT NOT NULL, created_ms INTEGER NOT NULL ) WITHOUT ROWID",
    "CREATE INDEX oidc_provider_account ON oidc_provider (account_id)",
    "CREATE TABLE replication_target ( id TEXT PRIMARY KEY, modified_ms INTEGER NOT NULL, sealed BLOB NOT NULL ) WITHOUT ROWID",
  ]);
});

test.for([
  { name: "index", migrations: BUCKET_INDEX },
  { name: "Directory", migrations: DIRECTORY },
])(
  "data of every earlier schema of the $name is brought up to date",
  async ({ name, migrations }) => {
    for (let earlier = 0; earlier <= migrations.length; earlier += 1) {
      const shard = env.BUCKET_INDEX.getByName(`${name}-${earlier}/0`);
      const [old, current] = await runInDurableObject(shard, async (_, { storage }) => {
        await storage.deleteAll();
        migrate(storage, migrations.slice(0, earlier));
        const before = storage.sql.exec("SELECT steps FROM migration").one();
        migrate(storage, migrations);
        return [before, storage.sql.exec("SELECT steps FROM migration").one()];
      });
      expect(old).toEqual({ steps: earlier });
      expect(current).toEqual({ steps: migrations.length });
    }
  },
);

test.for([
  {
    version: "a later",
    make: "UPDATE migration SET steps = 99",
    sentence: `the data are of a later version of Ledge: they have 99 steps of a schema, this one knows ${BUCKET_INDEX.length}`,
  },
  {
    version: "an earlier",
    make: "DROP TABLE migration; CREATE TABLE schema_version (version INTEGER NOT NULL)",
    sentence: "the data are of an earlier version of Ledge, which this one does not read",
  },
  {
    version: "the version before",
    make: "ALTER TABLE migration RENAME TO schema",
    sentence: "the data are of an earlier version of Ledge, which this one does not read",
  },
])("data of $version version are refused, not read", async ({ version, make, sentence }) => {
  const shard = env.BUCKET_INDEX.getByName(`${version}/0`);
  await runInDurableObject(shard, (_, { storage }) => {
    storage.sql.exec(make);
    const before = ddl(storage.sql);
    expect(() => migrate(storage, BUCKET_INDEX)).toThrow(new Error(sentence));
    expect(ddl(storage.sql)).toEqual(before);
  });
});
