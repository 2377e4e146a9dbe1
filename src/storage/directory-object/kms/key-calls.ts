import type { KeyCallName, KeyCalls, KeyRefusal, KeyScope } from "../../ports/key-directory.ts";
import { recordEvent } from "../audit.ts";
import { createAlias, deleteAlias, listAliases, updateAlias } from "./aliases.ts";
import { type KeyCall, KeyCallRefusal } from "./key-call.ts";
import { endKeys } from "./key-rows.ts";
import {
  cancelKeyDeletion,
  createKey,
  describeKey,
  listKeyRotations,
  listKeys,
  rotateKeyOnDemand,
  scheduleKeyDeletion,
  setKeyDescription,
  setKeyPolicy,
  setKeyRotation,
  setKeyState,
  tagKey,
  untagKey,
} from "./manage-keys.ts";

/** Everything that may be asked about keys, by its name. */
const CALLS: {
  readonly [Name in KeyCallName]: (
    call: KeyCall,
    ...args: Parameters<KeyCalls[Name]>
  ) => ReturnType<KeyCalls[Name]>;
} = {
  cancelKeyDeletion,
  createAlias,
  createKey,
  deleteAlias,
  describeKey,
  listAliases,
  listKeyRotations,
  listKeys,
  rotateKeyOnDemand,
  scheduleKeyDeletion,
  setKeyDescription,
  setKeyPolicy,
  setKeyRotation,
  setKeyState,
  tagKey,
  untagKey,
  updateAlias,
};

const READS = /^(?:describe|list)/;

/** Runs one of them. @throws KeyCallRefusal, so that its transaction is rolled back */
export function callKeys<Name extends KeyCallName>(
  sql: SqlStorage,
  scope: KeyScope,
  name: Name,
  args: Parameters<KeyCalls[Name]>,
): { readonly answer: ReturnType<KeyCalls[Name]> } {
  endKeys(sql);
  const answer = CALLS[name]({ sql, scope }, ...args);
  // Of two rotations at once, one does nothing, and is begun anew.
  const isLate = name === "rotateKeyOnDemand" && answer === undefined;
  if (scope.audit !== undefined && !READS.test(name) && !isLate) recordEvent(sql, scope.audit);
  return { answer };
}

/** What a refused call answers; anything else is thrown on. */
export function keyRefusalOf(error: unknown): KeyRefusal {
  if (error instanceof KeyCallRefusal)
    return { refused: { code: error.code, message: error.message } };
  throw error;
}
