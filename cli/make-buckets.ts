import type { ServeOptions } from "./arguments.ts";
import type { Announcement } from "./output.ts";
import { putAsRoot } from "./own-request.ts";
import { UserError } from "./user-error.ts";

/**
 * Makes the buckets that are to be there from the start; those that are there already stay as they are.
 *
 * @throws UserError with what the server says of a name that it does not take
 */
export async function makeBuckets(server: Announcement, options: ServeOptions): Promise<void> {
  for (const bucket of options.buckets) {
    const answer = await putAsRoot(server, options, `/${encodeURIComponent(bucket)}`);
    if (!answer.isDone && answer.code !== "BucketAlreadyOwnedByYou")
      throw new UserError(`--bucket ${bucket} cannot be made: ${answer.message}`);
  }
}
