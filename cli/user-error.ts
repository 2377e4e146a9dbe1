import { types } from "node:util";

/** What the user can put right: told in one sentence, exit code 2. */
export class UserError extends Error {
  override readonly name = "UserError";
}

// In Jest, what Node throws is of another realm, and no `Error` of this one.

/** The code of a failed system call, e.g. `EACCES`. */
export function systemCode(error: unknown): string | undefined {
  if (!types.isNativeError(error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

export function messageOf(error: unknown): string {
  return types.isNativeError(error) ? error.message : String(error);
}
