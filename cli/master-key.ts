import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { systemCode, UserError } from "./user-error.ts";

/**
 * The key that secrets in the data folder are sealed with: 32 random bytes in base64, made at the first start.
 *
 * @param file in a folder that is this process's alone
 * @param isSynced whether it is to outlive a loss of power
 * @throws UserError for a file that holds something else; Error of the system
 */
export function masterKeyIn(file: string, isSynced: boolean): string {
  return keptMasterKey(file) ?? make(file, isSynced);
}

/**
 * The same when there is one.
 *
 * @throws UserError for a file that holds something else; Error of the system
 */
export function keptMasterKey(file: string): string | undefined {
  const kept = read(file);
  if (kept !== undefined && !/^[A-Za-z0-9+/]{43}=$/.test(kept))
    throw new UserError(`${file} is not 32 bytes in base64`);
  return kept;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** It is there whole before anything is sealed with it. */
function make(file: string, isSynced: boolean): string {
  const masterKey = randomBytes(32).toString("base64");
  const unfinished = `${file}.new`;
  const descriptor = openSync(unfinished, "w", 0o600);
  try {
    writeSync(descriptor, `${masterKey}\n`);
    if (isSynced) fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(unfinished, file);
  return masterKey;
}
