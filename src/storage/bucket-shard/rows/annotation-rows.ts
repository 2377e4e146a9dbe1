import type { Shard } from "../shard.ts";
import { insert } from "./object-table.ts";

/** Whoever writes a row counts it. */
type Tables = Pick<Shard, "counts" | "sql">;

interface AnnotationSize extends Record<string, SqlStorageValue> {
  readonly name: string;
  readonly size_bytes: number;
}

/** A row as it is in the table. */
export interface AnnotationTableRow extends AnnotationSize {
  readonly sequence: number;
}

export function countAnnotations(sql: SqlStorage, sequence: number): number {
  const query = "SELECT COUNT(*) AS count FROM annotation WHERE sequence = ?";
  return sql.exec<{ count: number }>(query, sequence).one().count;
}

/** Writes an annotation, in the place of one of this name that there may be. */
export function putAnnotationRow(tables: Tables, row: AnnotationTableRow): void {
  dropAnnotation(tables, row.sequence, row.name);
  insert(tables.sql, "INSERT INTO annotation", row);
  added(tables, row.sequence, [row]);
}

export function dropAnnotation({ sql, counts }: Tables, sequence: number, name: string): void {
  const condition = "FROM annotation WHERE sequence = ? AND name = ?";
  const [row] = sql
    .exec<{ size_bytes: number }>(`SELECT size_bytes ${condition}`, sequence, name)
    .toArray();
  if (row === undefined) return;
  sql.exec(`DELETE ${condition}`, sequence, name);
  counts.subtract({ table: "annotation", sequence, name }, { annotationBytes: row.size_bytes });
}

/** The version goes, and its annotations with it. */
export function dropAnnotations({ sql, counts }: Tables, sequence: number): void {
  const rows = sizesOf(sql, sequence);
  if (rows.length === 0) return;
  sql.exec("DELETE FROM annotation WHERE sequence = ?", sequence);
  for (const { name, size_bytes: annotationBytes } of rows)
    counts.subtract({ table: "annotation", sequence, name }, { annotationBytes });
}

/** Gives a new version what another one in this shard is annotated with. */
export function copyAnnotations(tables: Tables, fromSequence: number, toSequence: number): void {
  const rows = sizesOf(tables.sql, fromSequence);
  if (rows.length === 0) return;
  tables.sql.exec(
    `INSERT INTO annotation (sequence, name, modified_ms, size_bytes, etag, checksum, payload)
     SELECT ?, name, modified_ms, size_bytes, etag, checksum, payload FROM annotation WHERE sequence = ?`,
    toSequence,
    fromSequence,
  );
  added(tables, toSequence, rows);
}

/** Nearly always none, which takes no row: `RETURNING` would read one even then. */
function sizesOf(sql: SqlStorage, sequence: number): readonly AnnotationSize[] {
  const query = "SELECT name, size_bytes FROM annotation WHERE sequence = ?";
  return sql.exec<AnnotationSize>(query, sequence).toArray();
}

function added(
  { counts }: Tables,
  sequence: number,
  rows: readonly Pick<AnnotationTableRow, "name" | "size_bytes">[],
): void {
  for (const { name, size_bytes: annotationBytes } of rows)
    counts.add({ table: "annotation", sequence, name }, { annotationBytes });
}
