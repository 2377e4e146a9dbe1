import { open, rename } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";

/** Where the header of a database says how it is written and read; 2 is with a write-ahead log. */
const VERSION_BYTES = [18, 19];
const WITH_LOG = 2;

/** What is in each database besides the object's own tables: its alarm. */
export const METADATA_TABLE =
  "CREATE TABLE IF NOT EXISTS _cf_METADATA (key INTEGER PRIMARY KEY, value BLOB)";

let template: Uint8Array | undefined;

/**
 * Makes the database of a new object, and brings it to the disk, without keeping this thread: SQLite would take four syncs
 * in it. Whoever finds the file finds all of it; the folder is synced with the first log.
 *
 * Source: https://www.sqlite.org/fileformat.html#the_database_header
 */
export async function makeDatabase(path: string, isSynced: boolean): Promise<void> {
  template ??= makeTemplate();
  const unfinished = `${path}.new`;
  const file = await open(unfinished, "w", 0o600);
  try {
    await file.writeFile(template);
    if (isSynced) await file.datasync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
}

function makeTemplate(): Uint8Array {
  const database = new DatabaseSync(":memory:");
  database.exec(METADATA_TABLE);
  const bytes = database.serialize();
  database.close();
  for (const at of VERSION_BYTES) bytes[at] = WITH_LOG;
  return bytes;
}
