import type { BucketConfiguration } from "../../protocol/bucket-configuration.ts";
import type { BucketIndex } from "../ports/bucket-index.ts";

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

export type ShardAnswer<T> = Sealed | Outdated | Full | { readonly value: T };

/** What a method of the port is given, and what it comes to, in the shard of its key. */
export type Args<Method extends keyof BucketIndex> = Parameters<BucketIndex[Method]>;
export type Answer<Method extends keyof BucketIndex> = ShardAnswer<
  Awaited<ReturnType<BucketIndex[Method]>>
>;
