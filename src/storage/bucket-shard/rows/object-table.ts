import { NO_OBJECT, type ObjectRow } from "./object-row.ts";

/**
 * What is written to `object` and `version`. Every statement names the columns, all of them from the one list that
 * `NO_OBJECT` is: a column that a migration adds stands last in its table, whatever stands last here.
 */
const COLUMNS = Object.keys(NO_OBJECT) as (keyof ObjectRow)[];

const NAMES = COLUMNS.join(", ");
const VALUES = COLUMNS.map(() => "?").join(", ");

const PUT_OBJECT = `INSERT OR REPLACE INTO object (${NAMES}) VALUES (${VALUES})`;
const PUT_MARKER = `INSERT INTO version (is_marker, ${NAMES}) VALUES (1, ${VALUES})`;
const KEEP_OBJECT = `INSERT INTO version (is_marker, ${NAMES}) SELECT 0, ${NAMES} FROM object WHERE key = ?`;
const PROMOTE_VERSION = `INSERT INTO object (${NAMES}) SELECT ${NAMES} FROM version WHERE key = ? AND sequence = ?`;

function valuesOf(row: ObjectRow): SqlStorageValue[] {
  return COLUMNS.map((column) => row[column]);
}

/** Makes the row the object of its key, in the place of the one before it. */
export function putObjectRow(sql: SqlStorage, row: ObjectRow): void {
  sql.exec(PUT_OBJECT, ...valuesOf(row));
}

/** A delete marker, which has no content. */
export function putMarkerRow(
  sql: SqlStorage,
  marker: Pick<ObjectRow, "key" | "sequence" | "modified_ms" | "version_id">,
): void {
  sql.exec(PUT_MARKER, ...valuesOf({ ...NO_OBJECT, ...marker }));
}

/** Keeps the object as an older version too; the caller replaces or deletes it next. */
export function keepObjectRow(sql: SqlStorage, key: string): void {
  sql.exec(KEEP_OBJECT, key);
}

/** Makes a version the object of its key, which has none. */
export function promoteVersionRow(sql: SqlStorage, key: string, sequence: number): void {
  sql.exec(PROMOTE_VERSION, key, sequence);
  deleteVersionRow(sql, key, sequence);
}

export function deleteObjectRow(sql: SqlStorage, key: string): void {
  sql.exec("DELETE FROM object WHERE key = ?", key);
}

export function deleteVersionRow(sql: SqlStorage, key: string, sequence: number): void {
  sql.exec("DELETE FROM version WHERE key = ? AND sequence = ?", key, sequence);
}
