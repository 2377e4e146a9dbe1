import { types } from "node:util";

/** The primary result codes of SQLite that a server meets. Source: https://www.sqlite.org/rescode.html */
const NAMES: Readonly<Record<number, string>> = {
  1: "SQLITE_ERROR",
  5: "SQLITE_BUSY",
  7: "SQLITE_NOMEM",
  8: "SQLITE_READONLY",
  10: "SQLITE_IOERR",
  11: "SQLITE_CORRUPT",
  13: "SQLITE_FULL",
  14: "SQLITE_CANTOPEN",
  18: "SQLITE_TOOBIG",
  19: "SQLITE_CONSTRAINT",
  20: "SQLITE_MISMATCH",
  25: "SQLITE_RANGE",
  26: "SQLITE_NOTADB",
};

/** What the system says when a disk, or a user's share of it, is full. */
const NO_ROOM: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT"]);

/**
 * An error of node:sqlite or of the file system in workerd's words, `<message>: SQLITE_FULL`, by which the Worker knows
 * what to answer. Any other error is left as it is.
 */
export function sqliteError(error: unknown): unknown {
  // In Jest, it is of another realm, and no `Error` of this one.
  if (!types.isNativeError(error)) return error;
  const { errcode, code } = error as { errcode?: number; code?: unknown };
  const name = NO_ROOM.has(code)
    ? NAMES[13]
    : errcode === undefined
      ? undefined
      : NAMES[errcode & 0xff];
  return name === undefined ? error : new Error(`${error.message}: ${name}`, { cause: error });
}
