import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import type { CheckDescription, FindingPage } from "../../storage/ports/shard-inspection.ts";
import type { Caller } from "../../protocol/caller.ts";
import type { Ports } from "../ports.ts";

/** What a check works with. */
export interface Checked extends Pick<
  Ports,
  "blobs" | "contents" | "directory" | "indexOf" | "inspection" | "keys" | "settings"
> {
  readonly bucket: BucketRecord;
  /** `<bucket id>/<shard>` */
  readonly shardName: string;
  /** The root of the account that the bucket belongs to. */
  readonly caller: Caller;
}

/**
 * Something that may be wrong between a shard and what is beside it: the store, other shards, the Directory. What is written
 * meanwhile must not look wrong, so that whatever seems to be is looked at a second time.
 */
export interface BucketCheck extends CheckDescription {
  /** It reads all bytes, and so is made only when it is asked for. */
  readonly isDeep?: true;
  /** One page. @param after empty, or what the page before says */
  readonly find: (checked: Checked, after: string) => Promise<FindingPage>;
  /** Mends those that are still wrong. @returns them */
  readonly mend?: (checked: Checked, subjects: readonly string[]) => Promise<readonly string[]>;
}
