/** What the user can put right: told in one sentence, exit code 2. */
export class UserError extends Error {
  override readonly name = "UserError";
}

/** The code of a failed system call, e.g. `EACCES`. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
