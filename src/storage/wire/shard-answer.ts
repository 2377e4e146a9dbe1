import type { BucketIndex } from "../ports/bucket-index.ts";
import type { Elsewhere } from "./growth.ts";
import type { PlainAnswer } from "./protocol.ts";

// A gateway and a shard may have been deployed at different times: these grow by optional members only, as do the
// arguments and the values of the calls. Anything else is a new PROTOCOL.

/** The shard was sealed by the delete of its bucket with this token, and did nothing. */
export interface Sealed {
  readonly sealedBy: string;
}

/**
 * The gateway has heard of another state of what gateways decide with, or of a newer one of what shards decide with. The
 * shard did nothing; these are the numbers that it knows.
 */
export interface Outdated {
  readonly gatewayRevision: number;
  readonly shardRevision: number;
}

/** The shard has no room for more data. It did nothing; deletes go on. */
export interface Full {
  readonly isFull: true;
}

export type ShardAnswer<T> = PlainAnswer<T> | Sealed | Outdated | Full | Elsewhere;

/** What a method of the port is given, and what it comes to, in the shard of its key. */
export type Args<Method extends keyof BucketIndex> = Parameters<BucketIndex[Method]>;
export type Answer<Method extends keyof BucketIndex> = ShardAnswer<
  Awaited<ReturnType<BucketIndex[Method]>>
>;
