import { ulid } from "../../../lib/ulid.ts";
import type { MovedChunk, MovedContent, MovedRecord, ReceivedChunk } from "../../wire/growth.ts";
import { addContent, addHeldReferences, addReferences } from "../contents/contents.ts";
import type { RowPlace } from "../counts/count-rows.ts";
import { forgetBacklog } from "../outbox/backlog.ts";
import { touchZone } from "../lifecycle/zones.ts";
import { type Scanned, scanAgain } from "../replication/target-state.ts";
import { noteForeignId } from "../rows/foreign-ids.ts";
import { type AnnotationTableRow, putAnnotationRow } from "../rows/annotation-rows.ts";
import type { ObjectRow, VersionRow } from "../rows/object-row.ts";
import { insert, putObjectRow, putVersionRow } from "../rows/object-table.ts";
import type { Transaction } from "../transaction.ts";
import { COMPLETION_MEMORY_MS } from "../uploads/completions.ts";

/**
 * Takes in what another shard sends of the keys that move here. What has arrived is written down with the rows: what comes once more
 * is refused, and so is what does not follow it, and the sender goes on from there.
 */
export function receiveKeys(transaction: Transaction, chunk: MovedChunk): ReceivedChunk {
  const { growth, state } = transaction;
  if (growth.growth === undefined || growth.isSource) throw new Error("no keys move here");
  const { arrived } = growth;
  if (JSON.stringify(arrived) !== JSON.stringify(chunk.after))
    return { ok: false, reason: "Position", last: arrived };
  // The homes may have asked for these holds already, and have been told that nobody has them.
  const isSwept = ({ holdToken }: MovedContent) =>
    holdToken !== undefined && holdToken <= state.sweepFence;
  if (chunk.contents.some(isSwept)) return { ok: false, reason: "Swept" };
  for (const content of chunk.contents) addMovedContent(transaction, content);
  for (const record of chunk.records) insertRecord(transaction, record);
  if (hasForeignIds(chunk)) noteForeignId(transaction.sql);
  for (const { target, wanted } of chunk.scans ?? [])
    scanAgain(transaction, target, wanted as Scanned);
  growth.arrive(chunk.last);
  return { ok: true };
}

/** Code of before sends rows alone, of which those of multipart uploads look the same. */
function hasForeignIds({ hasForeignIds, records }: MovedChunk): boolean {
  return hasForeignIds ?? records.some(({ row }) => row["is_foreign"] === 1);
}

function addMovedContent(
  transaction: Transaction,
  { contentId, count, holdToken }: MovedContent,
): void {
  if (holdToken !== undefined) addHeldReferences(transaction, contentId, holdToken, count);
  else if (!addReferences(transaction.sql, contentId, count))
    throw new Error(`content ${contentId} of this shard is gone`);
}

function insertRecord(transaction: Transaction, record: MovedRecord): void {
  const { sql, counts, settings, nowMs, schedule } = transaction;
  const { row } = record;
  switch (record.kind) {
    case "version":
      if ("is_marker" in row) putVersionRow(transaction, row as VersionRow);
      else putObjectRow(transaction, row as ObjectRow, undefined);
      if (record.body !== undefined)
        insert(sql, "INSERT INTO inline_body", {
          sequence: row["sequence"] as number,
          bytes: record.body,
        });
      touchZone(transaction, row["key"] as string);
      return;
    case "annotation":
      return putAnnotationRow(transaction, row as AnnotationTableRow);
    case "upload":
      if (settings.uploadExpiryMs > 0)
        schedule("uploads", Number(row["initiated_ms"]) + settings.uploadExpiryMs);
      counts.add(uploadPlace(row), { uploads: 1 });
      return insert(sql, "INSERT INTO upload", row);
    case "part":
      counts.add(uploadPlace({ ...row, key: record.key }), {
        uploadBytes: Number(row["size_bytes"]),
      });
      return insert(sql, "INSERT INTO part", { ...row, ...copiedContent(transaction, record) });
    case "completion":
      schedule("completions", Number(row["completed_ms"]) + COMPLETION_MEMORY_MS);
      return insert(sql, "INSERT OR IGNORE INTO completed_upload", { ...row, moving_key: null });
    case "event":
      schedule("outbox", nowMs);
      // It is not the last: this shard gives greater numbers.
      forgetBacklog(sql, row["target"] as string);
      return insert(sql, "INSERT INTO outbox", { ...row, moving_key: null });
  }
}

function uploadPlace(row: Readonly<Record<string, SqlStorageValue>>): RowPlace {
  return { table: "upload", key: row["key"] as string, uploadId: row["upload_id"] as string };
}

/** A part that was copied is a list of segments, which only the shard that has the upload can stitch. */
function copiedContent(
  { sql, state, nowMs }: Transaction,
  { segments }: Extract<MovedRecord, { kind: "part" }>,
): { readonly content_id?: string } {
  if (segments.length === 0) return {};
  const contentId = `${state.name}/${ulid(nowMs)}`;
  addContent(sql, contentId);
  for (const segment of segments)
    insert(sql, "INSERT INTO segment", { ...segment, content_id: contentId });
  return { content_id: contentId };
}
