import type { ShardFlags } from "../../protocol/bucket-configuration.ts";
import type { AuditEntry } from "../ports/audit-log.ts";
import type { BackupColumns } from "../ports/backup-rows.ts";
import {
  type BackupKeys,
  type ExportedBucket,
  RESTORE_KIND,
  type RestoredBucket,
} from "../ports/backup-directory.ts";
import type { StoredDocument } from "../ports/bucket-directory.ts";
import { recordEvent } from "./audit.ts";
import { findBucket } from "./buckets.ts";
import { changeDocument, documentBody, shardPartOf } from "./documents.ts";

export function exportBucket(sql: SqlStorage, name: string): ExportedBucket | undefined {
  const bucket = findBucket(sql, name);
  if (bucket === undefined) return undefined;
  const documents = sql.exec<{ kind: string; id: string; part: string; body: string }>(
    "SELECT kind, id, part, body FROM bucket_document WHERE bucket_id = ? ORDER BY kind, id",
    bucket.id,
  );
  return { bucket, documents: documents.toArray() as StoredDocument[] };
}

export function finishRestore(
  sql: SqlStorage,
  name: string,
  token: string,
  documents: readonly StoredDocument[],
  flags: ShardFlags,
  audit?: AuditEntry,
): RestoredBucket | undefined {
  const bucket = findBucket(sql, name);
  if (bucket === undefined || documentBody(sql, bucket.id, RESTORE_KIND, "") !== token)
    return undefined;
  const { id } = bucket;
  for (const document of documents) changeDocument(sql, id, document);
  changeDocument(sql, id, { kind: RESTORE_KIND, id: "", part: "directory", body: undefined });
  sql.exec(
    `UPDATE bucket SET gateway_revision = gateway_revision + 1, shard_revision = shard_revision + 1, shard_flags = ?
     WHERE id = ?`,
    JSON.stringify(flags),
    id,
  );
  if (audit !== undefined) recordEvent(sql, audit);
  const restored = findBucket(sql, name) ?? bucket;
  return { bucket: restored, shardPart: shardPartOf(sql, id, restored.shard.revision) };
}

/** The tables of keys, each with the columns that a backup may have of it. */
const TABLES = {
  keys: {
    table: "kms_key",
    columns: [
      ...["account_id", "id", "region", "name", "kind", "state", "created_ms", "version"],
      ...["rotation_days", "rotation_due_ms", "deletion_ms", "description", "tags", "policy"],
    ],
  },
  materials: {
    table: "kms_material",
    columns: ["account_id", "key_id", "version", "sealed", "created_ms", "is_on_demand"],
  },
  aliases: {
    table: "kms_alias",
    columns: ["account_id", "region", "name", "key_id", "created_ms", "modified_ms"],
  },
} as const;

export function exportKeys(sql: SqlStorage, accountId: string): BackupKeys {
  const rowsOf = ({ table, columns }: (typeof TABLES)[keyof typeof TABLES]): BackupColumns[] =>
    sql
      .exec(`SELECT ${columns.join(", ")} FROM ${table} WHERE account_id = ?`, accountId)
      .toArray()
      .map((row) =>
        Object.fromEntries(
          Object.entries(row).map(([name, value]) => [
            name,
            value instanceof ArrayBuffer ? Buffer.from(value).toString("base64") : value,
          ]),
        ),
      );
  return {
    keys: rowsOf(TABLES.keys),
    materials: rowsOf(TABLES.materials),
    aliases: rowsOf(TABLES.aliases),
  };
}

export function importKeys(sql: SqlStorage, accountId: string, backup: BackupKeys): void {
  const put = (
    { table, columns }: (typeof TABLES)[keyof typeof TABLES],
    row: BackupColumns,
  ): number => {
    const values = columns.map((name) =>
      name === "account_id" ? accountId : name === "sealed" ? bytesOf(row[name]) : row[name],
    );
    const places = columns.map(() => "?").join(", ");
    return sql.exec(
      `INSERT OR IGNORE INTO ${table} (${columns.join(", ")}) VALUES (${places})`,
      ...values.map((value) => value ?? null),
    ).rowsWritten;
  };
  for (const key of backup.keys) {
    const isThere = sql
      .exec("SELECT 1 FROM kms_key WHERE account_id = ? AND id = ?", accountId, key["id"] ?? "")
      .toArray();
    // Objects name their key by its id; whoever asks for one by this name goes on to get the one that is here.
    if (isThere.length === 0 && put(TABLES.keys, key) === 0)
      put(TABLES.keys, { ...key, name: `restored/${key["id"]}` });
  }
  for (const material of backup.materials) put(TABLES.materials, material);
  for (const alias of backup.aliases) put(TABLES.aliases, alias);
}

function bytesOf(value: number | string | null | undefined): Uint8Array | null {
  return typeof value === "string" ? Uint8Array.from(Buffer.from(value, "base64")) : null;
}
