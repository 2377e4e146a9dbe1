import type { RestoredVersion } from "../../ports/backup-rows.ts";
import { NO_OBJECT, type ObjectRow } from "../rows/object-row.ts";

/** What a row of a backup may say; anything else is of a later version, or of somebody who means harm. */
const NAMES: ReadonlySet<string> = new Set([...Object.keys(NO_OBJECT), "is_marker"]);

/** Columns that a backup has and this version does not know. */
export function unknownColumns({ columns }: RestoredVersion): readonly string[] {
  return Object.keys(columns).filter((name) => !NAMES.has(name));
}

/** The row that it becomes; whoever writes it says which content it has. */
export function rowOf({ columns }: RestoredVersion): ObjectRow {
  const row: Record<string, SqlStorageValue> = { ...NO_OBJECT };
  for (const [name, value] of Object.entries(columns))
    if (Object.hasOwn(NO_OBJECT, name)) row[name] = value;
  const { sealed_key: sealed } = columns;
  row["sealed_key"] =
    typeof sealed === "string" ? Uint8Array.from(Buffer.from(sealed, "base64")).buffer : null;
  return row as ObjectRow;
}
