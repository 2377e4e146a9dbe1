import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import { WANTS_HEADERS } from "../../storage/ports/content-index.ts";
import type { Ports } from "../ports.ts";

/**
 * The newest record of a bucket that its shards have heard of. A refusal has to ask, as it makes no call of the index that would
 * tell: an isolate whose requests are all refused would never learn that they are allowed by now. A shard is asked and not the
 * Directory, of which there is one.
 *
 * @param key of the request; any, for one that names none
 * @returns `remembered` itself, if there is no newer
 * @throws StaleBucketError when the bucket is gone
 */
export async function newestHeardOf(
  { indexOf }: Pick<Ports, "indexOf">,
  remembered: BucketRecord,
  key: string,
): Promise<BucketRecord> {
  let newest = remembered;
  const index = indexOf(remembered, [
    (newer) => {
      newest = newer;
    },
  ]);
  await index.read(key, WANTS_HEADERS);
  return newest;
}
