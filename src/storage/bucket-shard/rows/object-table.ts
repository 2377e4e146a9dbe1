import { ofObject, ofVersion } from "../counts/row-counts.ts";
import type { Shard } from "../shard.ts";
import type { FoundVersion } from "./find-object.ts";
import { NO_OBJECT, type ObjectRow, type VersionRow } from "./object-row.ts";

/** Whoever writes a row counts it. */
type Tables = Pick<Shard, "counts" | "sql">;

/**
 * Writes a row by the names that it has, whatever the order of the table's columns: a row that was read has all of them, those
 * included that only a migration knows, and takes them along.
 *
 * @param into e.g. `INSERT INTO object`
 */
export function insert(
  sql: SqlStorage,
  into: string,
  row: Readonly<Record<string, SqlStorageValue>>,
): void {
  const names = Object.keys(row);
  const values = names.map(() => "?");
  // The text takes 0.7 µs to make (measured 2026-11), so that no list of columns has to be kept in step with the tables.
  sql.exec(`${into} (${names.join(", ")}) VALUES (${values.join(", ")})`, ...Object.values(row));
}

/** Makes the row the object of its key, in the place of the one before it. */
export function putObjectRow(
  { sql, counts }: Tables,
  row: ObjectRow,
  replaced: ObjectRow | undefined,
): void {
  insert(sql, "INSERT OR REPLACE INTO object", row);
  const place = { table: "object", key: row.key } as const;
  if (replaced !== undefined) counts.subtract(place, ofObject(replaced));
  counts.add(place, ofObject(row));
}

/** A delete marker, which has no content. */
export function putMarkerRow(
  tables: Tables,
  marker: Pick<
    ObjectRow,
    "attributes" | "is_foreign" | "key" | "modified_ms" | "sequence" | "version_id"
  >,
): void {
  putVersionRow(tables, { ...NO_OBJECT, ...marker, is_marker: 1 });
}

/** Keeps the object as an older version too; the caller replaces or deletes it next. */
export function keepObjectRow(tables: Tables, object: ObjectRow): void {
  putVersionRow(tables, { ...object, is_marker: 0 });
}

export function putVersionRow({ sql, counts }: Tables, row: VersionRow): void {
  insert(sql, "INSERT INTO version", row);
  counts.add(placeOf(row), ofVersion(row));
}

/** Makes a version the object of its key, which has none. */
export function promoteVersionRow(tables: Tables, version: VersionRow): void {
  const { is_marker: _, ...row } = version;
  putObjectRow(tables, row, undefined);
  deleteVersionRow(tables, version);
}

export function deleteObjectRow({ sql, counts }: Tables, row: ObjectRow): void {
  sql.exec("DELETE FROM object WHERE key = ?", row.key);
  counts.subtract({ table: "object", key: row.key }, ofObject(row));
}

export function deleteVersionRow({ sql, counts }: Tables, row: VersionRow): void {
  const { key, sequence } = row;
  sql.exec("DELETE FROM version WHERE key = ? AND sequence = ?", key, sequence);
  counts.subtract(placeOf(row), ofVersion(row));
}

function placeOf({ key, sequence }: VersionRow) {
  return { table: "version", key, sequence } as const;
}

/** What may change of a version; the caller has the cache forget the key. */
export function writeAttributesColumn(
  sql: SqlStorage,
  { row, isCurrentObject }: Pick<FoundVersion, "isCurrentObject" | "row">,
  attributes: string | null,
): void {
  const table = isCurrentObject ? "object" : "version";
  sql.exec(
    `UPDATE ${table} SET attributes = ? WHERE key = ? AND sequence = ?`,
    attributes,
    row.key,
    row.sequence,
  );
}
