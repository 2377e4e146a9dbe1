import { open, rename } from "node:fs/promises";

/** What is in each database besides the object's own tables: its alarm. */
export const METADATA_TABLE =
  "CREATE TABLE IF NOT EXISTS _cf_METADATA (key INTEGER PRIMARY KEY, value BLOB)";

const PAGE_BYTES = 4096;

/**
 * Makes the database of a new object, and brings it to the disk, without keeping this thread: SQLite would take four syncs
 * in it. Whoever finds the file finds all of it; the folder is synced with the first log.
 */
export async function makeDatabase(path: string, isSynced: boolean): Promise<void> {
  const unfinished = `${path}.new`;
  const file = await open(unfinished, "w", 0o600);
  try {
    await file.writeFile(EMPTY);
    if (isSynced) await file.datasync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
}

const EMPTY = emptyDatabase();

/**
 * A database without tables, that is written with a log: one page, the header and a leaf without cells.
 *
 * Source: https://www.sqlite.org/fileformat.html#the_database_header
 */
function emptyDatabase(): Uint8Array {
  const page = new Uint8Array(PAGE_BYTES);
  page.set(Buffer.from("SQLite format 3\0"));
  const [withLog, fractions, pages, leaf] = [2, [64, 32, 32], 1, 0x0d];
  page.set([PAGE_BYTES >> 8, 0, withLog, withLog, 0, ...fractions], 16);
  page.set([pages], 31);
  // Its cells begin behind the page, which has none.
  page.set([leaf, 0, 0, 0, 0, PAGE_BYTES >> 8, 0], 100);
  return page;
}
