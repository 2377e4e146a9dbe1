import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

const SOURCE = path.join(import.meta.dirname, "power-cut.c");
const PAGE_BYTES = 4096;

/**
 * Compiles the library that records a server's syncs.
 *
 * @returns where it is; undefined where it cannot be made: without Linux, or without a C compiler
 */
export function buildRecorder(folder: string): string | undefined {
  if (process.platform !== "linux") return undefined;
  const library = path.join(folder, "power-cut.so");
  try {
    execFileSync("cc", ["-O2", "-shared", "-fPIC", "-o", library, SOURCE, "-lpthread"]);
    return library;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** What a power cut would leave of a folder. */
export interface Recording {
  readonly folder: string;
  readonly record: string;
  /** For the server that is to be recorded. */
  readonly env: Readonly<Record<string, string>>;
}

/** Begins a record in which everything that the folder has now is synced. */
export function record(recorder: string, folder: string, record: string): Recording {
  rmSync(record, { recursive: true, force: true });
  for (const kind of ["files", "folders"]) mkdirSync(path.join(record, kind), { recursive: true });
  const note = (place: string): void => {
    const { type, id } = identify(place);
    const recorded = path.join(record, type === "d" ? "folders" : "files", id);
    if (type === "f") {
      copyFileSync(place, recorded);
      return;
    }
    writeFileSync(recorded, linesOf(place).join(""));
    for (const name of readdirSync(place)) note(path.join(place, name));
  };
  note(folder);
  const env = { LD_PRELOAD: recorder, POWER_CUT_FOLDER: folder, POWER_CUT_RECORD: record };
  return { folder, record, env };
}

/**
 * Makes of the record, and of what the server had when it was killed, the folder that is found after a power cut.
 *
 * What was not synced is written by the kernel when it likes: a file page by page, in any order. A folder is as of its
 * last sync or as it was at the end, as a file system with a journal has it.
 *
 * @param isWritten asked for each page and each folder that was not synced: whether it was written all the same
 */
export function survivors(
  { folder, record }: Recording,
  target: string,
  isWritten: () => boolean,
): void {
  const places = placesIn(folder);
  const readIfAny = (file: string | undefined): Buffer =>
    file !== undefined && existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  const rebuild = (id: string, type: string, into: string): void => {
    if (type === "f") {
      const synced = readIfAny(path.join(record, "files", id));
      writeFileSync(into, pagesOf(synced, readIfAny(places.get(id)), isWritten));
      return;
    }
    mkdirSync(into);
    const last = places.get(id);
    const lines =
      last !== undefined && isWritten()
        ? linesOf(last)
        : readIfAny(path.join(record, "folders", id))
            .toString()
            .split(/^/m);
    for (const line of lines) {
      const [, type = "", id = "", name = ""] = /^(.) (\S+) (.+)\n$/.exec(line) ?? [];
      if (name !== "") rebuild(id, type, path.join(into, name));
    }
  };
  rebuild(identify(folder).id, "d", target);
}

function pagesOf(synced: Buffer, last: Buffer, isWritten: () => boolean): Buffer {
  const size = isWritten() ? last.byteLength : synced.byteLength;
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += PAGE_BYTES)
    (isWritten() ? last : synced).subarray(at, Math.min(at + PAGE_BYTES, size)).copy(bytes, at);
  return bytes;
}

/** Where the file or folder of an id is, below a folder and with it. */
function placesIn(folder: string): ReadonlyMap<string, string> {
  const places = new Map([[identify(folder).id, folder]]);
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const place = path.join(folder, name);
    places.set(identify(place).id, place);
  }
  return places;
}

/** As power-cut.c has it: a file that gets the number of another is not that one. */
function identify(place: string) {
  const stats = statSync(place, { bigint: true });
  return { type: stats.isDirectory() ? "d" : "f", id: `${stats.ino}-${stats.birthtimeNs}` };
}

function linesOf(folder: string): readonly string[] {
  return readdirSync(folder).map((name) => {
    const { type, id } = identify(path.join(folder, name));
    return `${type} ${id} ${name}\n`;
  });
}
