import type { VersionRow } from "./object-row.ts";

/** Behind this row: first all of `object`, then all of `version`, each in its own order. */
interface Position {
  readonly table: "object" | "version";
  readonly key: string;
  readonly sequence: number;
}

const START: Position = { table: "object", key: "", sequence: 0 };
/** `version` from its beginning; no key is empty. */
const OLDER: Position = { table: "version", key: "", sequence: 0 };

export interface WalkedPage<Row> {
  readonly rows: readonly Row[];
  /** What to go on after; undefined on the last page. */
  readonly next: string | undefined;
}

/**
 * A page of all versions and delete markers: those that are current objects, then all others.
 *
 * @param after empty, or what the page before says
 * @param columns what is wanted besides the rows' own, of the row `row`, e.g. `, (SELECT 1) AS one`
 */
export function walkVersions<Row extends VersionRow>(
  sql: SqlStorage,
  after: string,
  limit: number,
  columns = "",
): WalkedPage<Row> {
  const position = after === "" ? START : (JSON.parse(after) as Position);
  if (position.table === "object") {
    const objects = sql
      .exec<Row>(
        `SELECT row.*, 0 AS is_marker${columns} FROM object AS row WHERE key > ? ORDER BY key LIMIT ?`,
        position.key,
        limit,
      )
      .toArray();
    const next = objects.length < limit ? OLDER : positionAt("object", objects);
    return { rows: objects, next: JSON.stringify(next) };
  }
  // Of a key with very many versions no row is passed over twice.
  const ofKey = sql
    .exec<Row>(
      `SELECT row.*${columns} FROM version AS row WHERE key = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?`,
      position.key,
      position.sequence,
      limit,
    )
    .toArray();
  const behind = sql
    .exec<Row>(
      `SELECT row.*${columns} FROM version AS row WHERE key > ? ORDER BY key, sequence DESC LIMIT ?`,
      position.key,
      limit - ofKey.length,
    )
    .toArray();
  const rows = [...ofKey, ...behind];
  const next = rows.length < limit ? undefined : JSON.stringify(positionAt("version", rows));
  return { rows, next };
}

function positionAt(table: Position["table"], rows: readonly VersionRow[]): Position {
  const { key, sequence } = rows.at(-1) ?? START;
  return { table, key, sequence };
}
