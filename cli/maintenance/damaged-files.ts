import { readdirSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { messageOf } from "../user-error.ts";
import type { PlacedFinding } from "./check-report.ts";

/** The databases of a data folder that SQLite itself finds to be damaged. */
export function* damagedFiles(dataFolder: string): Generator<PlacedFinding, void> {
  const index = path.join(dataFolder, "index");
  const files = readdirSync(index, { recursive: true, encoding: "utf8" });
  for (const file of files.filter((name) => name.endsWith(".sqlite"))) {
    const fault = faultOf(path.join(index, file));
    if (fault !== undefined) yield { place: "the data folder", subject: file, detail: fault };
  }
}

function faultOf(file: string): string | undefined {
  try {
    const database = new DatabaseSync(file, { readOnly: true });
    try {
      // Stops at the first.
      const [row] = database.prepare("PRAGMA quick_check(1)").all();
      const said = row?.["quick_check"];
      return said === "ok" ? undefined : String(said);
    } finally {
      database.close();
    }
  } catch (error) {
    return messageOf(error);
  }
}
