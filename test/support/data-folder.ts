import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SERVER } from "./ledge-process.ts";

/** Where each server keeps what, below its data folder. */
const PLACES =
  SERVER === "wrangler dev"
    ? { index: "v3/do/ledge-BucketIndexObject", blobs: "v3/r2/ledge-blobs/blobs" }
    : { index: "index/ledge-index", blobs: "blobs" };

/** The database of the index, when there is but one bucket, of one shard. */
export function openIndex(dataFolder: string): Promise<DatabaseSync> {
  return openDatabase(path.join(dataFolder, PLACES.index));
}

async function openDatabase(folder: string): Promise<DatabaseSync> {
  const names = await readdir(folder);
  const databases = names.filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  const [database] = databases;
  if (database === undefined || databases.length > 1)
    throw new Error(`${folder} has ${databases.length} databases`);
  return new DatabaseSync(path.join(folder, database));
}

/**
 * What tells the blobs in the store apart: names, or paths. Whoever looks at the database of wrangler's R2 locks it: a sweep that
 * meets the lock fails, and comes back half a minute later.
 */
export async function blobIds(dataFolder: string): Promise<readonly unknown[]> {
  if (SERVER === "wrangler dev") {
    const database = await openDatabase(path.join(dataFolder, "v3/r2/miniflare-R2BucketObject"));
    const rows = database.prepare("SELECT key FROM _mf_objects ORDER BY key").all();
    database.close();
    return rows.map(({ key }) => key);
  }
  const files = await blobFiles(dataFolder);
  return files.filter((file) => !path.basename(file).startsWith(".")).toSorted();
}

/** Bytes that have arrived in the store, of whole blobs and of others. */
export async function arrivedBytes(dataFolder: string): Promise<number> {
  const files = await blobFiles(dataFolder);
  // A file may be gone again, or have got its final name.
  const sizes = files.map((file) =>
    stat(file).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** The files that hold blobs, whole or not. To look at them is in no server's way. */
export async function blobFiles(dataFolder: string): Promise<readonly string[]> {
  const folder = path.join(dataFolder, PLACES.blobs);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}
