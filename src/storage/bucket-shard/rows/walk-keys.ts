import { parseVersionPosition } from "../../wire/backup-pages.ts";
import { NO_OBJECT, type VersionRow } from "./object-row.ts";

/** A version, and which table has it. */
export type WalkedRow = VersionRow & { table_name: "object" | "version" };

const COLUMNS = Object.keys(NO_OBJECT).join(", ");
const OF_OBJECT = `SELECT ${COLUMNS}, 0 AS is_marker, 'object' AS table_name FROM object`;
const OF_VERSION = `SELECT ${COLUMNS}, is_marker, 'version' AS table_name FROM version`;

/**
 * Versions key by key, whether they are current or not, so that a page has all of a key at one moment. Only a key with more
 * versions than a page has goes on in the next.
 *
 * @param columns what is wanted besides the rows' own, of the row `row`
 * @returns fewer than `limit` only at the end of the last page
 */
export function walkKeys<Row extends WalkedRow>(
  sql: SqlStorage,
  after: string,
  limit: number,
  columns: string,
): readonly Row[] {
  const { key, sequence } = parseVersionPosition(after);
  return sql
    .exec<Row>(
      `SELECT row.*${columns} FROM (
         SELECT * FROM (${OF_OBJECT} WHERE key = ?1 AND sequence < ?2)
         UNION ALL SELECT * FROM (${OF_VERSION} WHERE key = ?1 AND sequence < ?2 ORDER BY sequence DESC LIMIT ?3)
         UNION ALL SELECT * FROM (${OF_OBJECT} WHERE key > ?1 ORDER BY key LIMIT ?3)
         UNION ALL SELECT * FROM (${OF_VERSION} WHERE key > ?1 ORDER BY key, sequence DESC LIMIT ?3)
         ORDER BY key, sequence DESC LIMIT ?3
       ) AS row ORDER BY key, sequence DESC`,
      key,
      sequence,
      limit,
    )
    .toArray();
}
