import type { BucketConfiguration } from "../../protocol/bucket-configuration.ts";
import type { BucketIndex } from "../ports/bucket-index.ts";
import type { PlainAnswer } from "./protocol.ts";

// A gateway and a shard may have been deployed at different times: these grow by optional members only, as do the
// arguments and the values of the calls. Anything else is a new PROTOCOL.

/** The shard was sealed by the delete of its bucket with this token, and did nothing. */
export interface Sealed {
  readonly sealedBy: string;
}

/** The request was authorized under another revision of the bucket's configuration than the shard has; it did nothing. */
export interface Outdated {
  readonly revision: number;
  readonly configuration: BucketConfiguration;
}

/** The shard has no room for more data. It did nothing; deletes go on. */
export interface Full {
  readonly isFull: true;
}

export type ShardAnswer<T> = PlainAnswer<T> | Sealed | Outdated | Full;

/** What a method of the port is given, and what it comes to, in the shard of its key. */
export type Args<Method extends keyof BucketIndex> = Parameters<BucketIndex[Method]>;
export type Answer<Method extends keyof BucketIndex> = ShardAnswer<
  Awaited<ReturnType<BucketIndex[Method]>>
>;
