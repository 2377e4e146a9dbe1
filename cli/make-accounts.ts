import { readFileSync } from "node:fs";
import type { ServeOptions } from "./arguments.ts";
import type { Announcement } from "./output.ts";
import { putAsRoot } from "./own-request.ts";
import { systemCode, UserError } from "./user-error.ts";

/**
 * Makes the accounts of a file; those of an earlier file that are not in it go.
 *
 * @throws UserError when there is no such file, or with what the server says of it
 */
export async function makeAccounts(
  file: string,
  server: Pick<Announcement, "endpoint" | "region">,
  options: ServeOptions,
): Promise<void> {
  const { isDone, message } = await putAsRoot(server, options, "/_ledge/accounts", read(file));
  if (!isDone) throw new UserError(`--accounts ${file}: ${message}`);
}

function read(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UserError(`--accounts ${file} cannot be read (${systemCode(error)})`);
  }
}
