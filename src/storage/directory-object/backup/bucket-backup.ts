import type { ShardFlags } from "../../../protocol/bucket-configuration.ts";
import type { AuditEntry } from "../../ports/audit-log.ts";
import {
  type ExportedBucket,
  RESTORE_KIND,
  RESTORED_KIND,
  type RestoredBucket,
} from "../../ports/backup-directory.ts";
import type { StoredDocument } from "../../ports/bucket-directory.ts";
import { recordEvent } from "../audit.ts";
import { findBucket } from "../buckets.ts";
import { changeDocument, deleteDocuments, documentBody, shardPartOf } from "../documents.ts";

export function exportBucket(
  sql: SqlStorage,
  name: string,
): ExportedBucket | "restoring" | undefined {
  const bucket = findBucket(sql, name);
  if (bucket === undefined) return undefined;
  if (documentBody(sql, bucket.id, RESTORE_KIND, "") !== undefined) return "restoring";
  const documents = sql.exec<{ kind: string; id: string; part: string; body: string }>(
    `SELECT kind, id, part, body FROM bucket_document WHERE bucket_id = ? AND kind <> ?
     ORDER BY kind, id`,
    bucket.id,
    RESTORED_KIND,
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
  // What it has meanwhile, such as the policy that keeps everybody out, is not the backup's.
  deleteDocuments(sql, id);
  for (const document of documents) changeDocument(sql, id, document);
  changeDocument(sql, id, { kind: RESTORED_KIND, id: "", part: "directory", body: token });
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
