import type {
  AnnotatedVersion,
  AnnotationChange,
  AnnotationChangeOutcome,
  AnnotationDraft,
  AnnotationPage,
  AnnotationReadOutcome,
  AnnotationSummary,
  ListAnnotationsQuery,
} from "../../ports/annotation-index.ts";
import { MAX_ANNOTATIONS } from "../../../protocol/limits.ts";
import { readAttributes } from "../../wire/attributes-column.ts";
import { readChecksum, writeChecksum } from "../../wire/checksum-column.ts";
import { countAnnotations, dropAnnotation, putAnnotationRow } from "../rows/annotation-rows.ts";
import { type FoundVersion, requireVersion } from "../rows/find-object.ts";
import { endOfPrefix, firstKey } from "../rows/fold.ts";
import { type ObjectRow, shownVersionId } from "../rows/object-row.ts";
import { writeAttributesColumn } from "../rows/object-table.ts";
import { replicateChange } from "../replication/replicate-version.ts";
import type { Shard } from "../shard.ts";
import type { Transaction } from "../transaction.ts";
import { isLocked } from "./remove-object.ts";

interface AnnotationRow extends Record<string, SqlStorageValue> {
  name: string;
  modified_ms: number;
  size_bytes: number;
  etag: string;
  checksum: string | null;
}

type PayloadRow = AnnotationRow & { payload: ArrayBuffer };

const SUMMARY_COLUMNS = "name, modified_ms, size_bytes, etag, checksum";

export function readAnnotation(
  shard: Shard,
  { key, versionId, decidedOn }: AnnotatedVersion,
  name: string,
): AnnotationReadOutcome {
  const found = requireVersion(shard.sql, key, versionId, decidedOn);
  if (!found.ok) return found;
  const row = shard.sql
    .exec<PayloadRow>(
      `SELECT ${SUMMARY_COLUMNS}, payload FROM annotation WHERE sequence = ? AND name = ?`,
      found.row.sequence,
      name,
    )
    .toArray()[0];
  if (row === undefined) return { ok: false, reason: "NoSuchAnnotation" };
  const annotation = { ...summaryOf(row), payload: payloadOf(row) };
  return { ...annotated(shard, found.row), annotation };
}

export function listAnnotations(
  shard: Shard,
  { key, versionId, decidedOn }: AnnotatedVersion,
  { withPayloads, prefix, after, limit }: ListAnnotationsQuery,
): AnnotationPage {
  const found = requireVersion(shard.sql, key, versionId, decidedOn);
  if (!found.ok) return found;
  const rows = shard.sql
    .exec<PayloadRow>(
      `SELECT ${SUMMARY_COLUMNS}${withPayloads ? ", payload" : ""} FROM annotation
       WHERE sequence = ? AND name >= ? AND name < ? ORDER BY name LIMIT ?`,
      found.row.sequence,
      firstKey({ prefix, delimiter: "", after }),
      endOfPrefix(prefix),
      limit + 1,
    )
    .toArray();
  return {
    ...annotated(shard, found.row),
    sequence: found.row.sequence,
    annotations: rows.slice(0, limit).map((row) => ({
      ...summaryOf(row),
      ...(withPayloads && { payload: payloadOf(row) }),
    })),
    isTruncated: rows.length > limit,
  };
}

/** Object Lock lets annotations be added, but not be lost: neither removed nor replaced. */
export function changeAnnotation(
  transaction: Transaction,
  { key, versionId, decidedOn }: AnnotatedVersion,
  change: AnnotationChange,
): AnnotationChangeOutcome {
  const { sql, nowMs } = transaction;
  const found = requireVersion(sql, key, versionId, decidedOn);
  if (!found.ok) return found;
  const { row } = found;
  const { ifMatch, bypassesGovernance } = change;
  if (ifMatch !== undefined && ifMatch !== "*" && ifMatch !== row.etag)
    return { ok: false, reason: "PreconditionFailed", condition: "x-amz-object-if-match" };
  const { sequence } = row;
  const names = change.kind === "put" ? change.annotations.map(({ name }) => name) : [change.name];
  const replaced = names.filter((name) => hasAnnotation(sql, sequence, name));
  const isLost = replaced.length > 0;
  if (isLost && isLocked(readAttributes(row.attributes), nowMs, bypassesGovernance))
    return { ok: false, reason: "AccessDenied" };
  if (change.kind === "put") {
    const added = names.length - replaced.length;
    if (added > 0 && countAnnotations(sql, sequence) + added > MAX_ANNOTATIONS)
      return { ok: false, reason: "AnnotationLimitExceeded" };
    for (const annotation of change.annotations)
      insertAnnotation(transaction, sequence, annotation);
  } else if (isLost) dropAnnotation(transaction, sequence, change.name);
  if (change.kind === "put" || isLost) {
    if (change.isOfReplica !== true) replicateAnnotations(transaction, found);
    transaction.emit({ kind: "changed", what: "annotation", row });
  }
  return annotated(transaction, row);
}

function replicateAnnotations(transaction: Transaction, found: FoundVersion): void {
  const { sql, cache } = transaction;
  const { row } = found;
  const attributes = replicateChange(transaction, row, row, "annotation");
  if (attributes === row.attributes) return;
  writeAttributesColumn(sql, found, attributes);
  if (found.isCurrentObject) cache.delete(row.key);
}

/** @throws Error when the bytes are not as many as the row says */
function payloadOf({ name, size_bytes, payload }: PayloadRow): Uint8Array {
  if (payload.byteLength !== size_bytes)
    throw new Error(`annotation ${name} has ${payload.byteLength} bytes, not ${size_bytes}`);
  return new Uint8Array(payload);
}

function insertAnnotation(
  transaction: Transaction,
  sequence: number,
  { name, payload, etag, checksum }: AnnotationDraft,
): void {
  putAnnotationRow(transaction, {
    sequence,
    name,
    modified_ms: transaction.nowMs,
    size_bytes: payload.byteLength,
    etag,
    checksum: writeChecksum(checksum),
    // As it was given to the index, which takes any view of bytes.
    payload: payload as unknown as ArrayBuffer,
  });
}

function hasAnnotation(sql: SqlStorage, sequence: number, name: string): boolean {
  const query = "SELECT 1 FROM annotation WHERE sequence = ? AND name = ?";
  return sql.exec(query, sequence, name).toArray().length > 0;
}

function annotated(
  { configuration }: Shard,
  row: ObjectRow,
): { readonly ok: true; readonly versionId: string | undefined } {
  return { ok: true, versionId: shownVersionId(row.version_id, configuration.versioning) };
}

function summaryOf(row: AnnotationRow): AnnotationSummary {
  return {
    name: row.name,
    sizeBytes: row.size_bytes,
    etag: row.etag,
    lastModifiedMs: row.modified_ms,
    checksum: readChecksum(row.checksum),
  };
}
