import { readdirSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Files among the blobs of a stopped `ledge serve` that nothing refers to: orphans, garbage, and unfinished ones. */
export function leftovers(dataFolder: string): readonly string[] {
  const referredTo = new Set<unknown>();
  const index = path.join(dataFolder, "index/ledge-index");
  for (const name of readdirSync(index).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name))) {
    const database = new DatabaseSync(path.join(index, name));
    const rows = database.prepare("SELECT content_id FROM content WHERE reference_count > 0").all();
    for (const { content_id } of rows) referredTo.add(content_id);
    database.close();
  }
  const blobs = path.join(dataFolder, "blobs");
  return readdirSync(blobs, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(blobs, path.join(entry.parentPath, entry.name)))
    .filter((file) => !referredTo.has(idOf(file)));
}

/** `<bucket id>/<shard>/<4>/<3>/<19>`: the last three are one ULID. */
function idOf(file: string): string {
  const [bucketId = "", shard = "", ...pieces] = file.split(path.sep);
  return `${bucketId}/${shard}/${pieces.join("")}`;
}
