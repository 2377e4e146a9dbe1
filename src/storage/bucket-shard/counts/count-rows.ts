import { compareUtf8 } from "../../../lib/utf8-order.ts";
import { addCounts, NO_ROWS, ofObject, ofVersion, type RowCounts } from "./row-counts.ts";

/** Rows of one slice; to look through them takes 2 ms. */
const SLICE = 2000;
/** Of uploads fewer: each may have 10,000 parts. */
const UPLOAD_SLICE = 20;

/** Where a row is in the order in which a shard is counted: table by table, each in the order of its key. */
export type RowPlace =
  | { readonly table: "object"; readonly key: string }
  | { readonly table: "version"; readonly key: string; readonly sequence: number }
  | { readonly table: "upload"; readonly key: string; readonly uploadId: string }
  | { readonly table: "annotation"; readonly sequence: number; readonly name: string };

/** How far a count has come. */
export interface Count {
  /** Of the rows up to and with `at`. */
  readonly counts: RowCounts;
  readonly at: RowPlace;
}

export const COUNT_BEGIN: Count = { counts: NO_ROWS, at: { table: "object", key: "" } };

const TABLES: readonly RowPlace["table"][] = ["object", "version", "upload", "annotation"];

/** Counts on for a bounded number of rows. @returns the counts when there are no more */
export function countOn(sql: SqlStorage, { counts, at }: Count, slice = SLICE): Count | RowCounts {
  switch (at.table) {
    case "object": {
      const rows = sql
        .exec<{ key: string; size_bytes: number }>(
          `SELECT key, size_bytes FROM object WHERE key > ? ORDER BY key LIMIT ?`,
          at.key,
          slice,
        )
        .toArray();
      const sum = rows.reduce((sum, row) => addCounts(sum, ofObject(row)), counts);
      const last = rows.at(-1);
      if (last !== undefined && rows.length === slice)
        return { counts: sum, at: { table: "object", key: last.key } };
      return { counts: sum, at: { table: "version", key: "", sequence: 0 } };
    }
    case "version": {
      const rows = nextVersions(sql, at.key, at.sequence, slice);
      const sum = rows.reduce((sum, row) => addCounts(sum, ofVersion(row)), counts);
      const last = rows.at(-1);
      if (last === undefined)
        return { counts: sum, at: { table: "upload", key: "", uploadId: "" } };
      return { counts: sum, at: { table: "version", key: last.key, sequence: last.sequence } };
    }
    case "annotation":
      return countAnnotationsOn(sql, counts, at, slice);
    case "upload":
  }
  const rows = sql
    .exec<{ key: string; uploadId: string; uploadBytes: number }>(
      `SELECT key, upload_id AS uploadId,
         (SELECT COALESCE(SUM(size_bytes), 0) FROM part WHERE part.upload_id = upload.upload_id) AS uploadBytes
       FROM upload WHERE (key, upload_id) > (?, ?) ORDER BY key, upload_id LIMIT ${UPLOAD_SLICE}`,
      at.key,
      at.uploadId,
    )
    .toArray();
  const sum = rows.reduce(
    (sum, { uploadBytes }) => addCounts(sum, { uploads: 1, uploadBytes }),
    counts,
  );
  const last = rows.at(-1);
  if (last === undefined)
    return { counts: sum, at: { table: "annotation", sequence: 0, name: "" } };
  return { counts: sum, at: { table: "upload", key: last.key, uploadId: last.uploadId } };
}

function countAnnotationsOn(
  sql: SqlStorage,
  counts: RowCounts,
  at: Extract<RowPlace, { table: "annotation" }>,
  slice: number,
): Count | RowCounts {
  const rows = sql
    .exec<{ sequence: number; name: string; annotationBytes: number }>(
      `SELECT sequence, name, size_bytes AS annotationBytes FROM annotation
       WHERE (sequence, name) > (?, ?) ORDER BY sequence, name LIMIT ?`,
      at.sequence,
      at.name,
      slice,
    )
    .toArray();
  const sum = rows.reduce(
    (sum, { annotationBytes }) => addCounts(sum, { annotationBytes }),
    counts,
  );
  const last = rows.at(-1);
  if (last === undefined || rows.length < slice) return sum;
  return { counts: sum, at: { table: "annotation", sequence: last.sequence, name: last.name } };
}

type VersionSizeRow = { key: string; sequence: number; is_marker: number; size_bytes: number };

/** First the older versions of the key itself, however many it has, then those of the next keys. */
function nextVersions(
  sql: SqlStorage,
  key: string,
  sequence: number,
  slice: number,
): readonly VersionSizeRow[] {
  const query = (condition: string, ...values: readonly SqlStorageValue[]) =>
    sql
      .exec<VersionSizeRow>(
        `SELECT key, sequence, is_marker, size_bytes FROM version WHERE ${condition}
         ORDER BY key, sequence DESC LIMIT ?`,
        ...values,
        slice,
      )
      .toArray();
  const older = query("key = ? AND sequence < ?", key, sequence);
  return older.length > 0 ? older : query("key > ?", key);
}

/** Whether the count has been there. */
export function isCounted({ at }: Count, place: RowPlace): boolean {
  if (place.table !== at.table) return TABLES.indexOf(place.table) < TABLES.indexOf(at.table);
  if (place.table === "annotation" || at.table === "annotation")
    return place.table === "annotation" && at.table === "annotation" && isAtOrBefore(place, at);
  const order = compareUtf8(place.key, at.key);
  if (order !== 0) return order < 0;
  // Of a key the newest version comes first.
  if (place.table === "version" && at.table === "version") return place.sequence >= at.sequence;
  if (place.table === "upload" && at.table === "upload") return place.uploadId <= at.uploadId;
  return true;
}

type AnnotationPlace = Extract<RowPlace, { table: "annotation" }>;

function isAtOrBefore(place: AnnotationPlace, at: AnnotationPlace): boolean {
  if (place.sequence !== at.sequence) return place.sequence < at.sequence;
  return compareUtf8(place.name, at.name) <= 0;
}

/** All rows at once, for whoever doubts what is kept: it takes 1 µs a row. */
export function countAll(sql: SqlStorage): RowCounts {
  let count: Count | RowCounts = COUNT_BEGIN;
  while ("at" in count) count = countOn(sql, count);
  return count;
}
