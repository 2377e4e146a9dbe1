/**
 * The version of what gateways and Durable Objects say to each other. After a deployment, an object that is in use goes on
 * with the code of before for up to 5 minutes, while gateways have the new one, so that each call says which version it
 * speaks. Arguments and answers grow by optional members only, and the number stays; what cannot be said so takes the next
 * number, and an object goes on to know the one before, for gateways that are not replaced yet.
 *
 * Source: https://developers.cloudflare.com/durable-objects/deployments/durable-objects-code-updates/
 */
export const PROTOCOL = 2;

/**
 * What a call speaks that says whose an object is, or who may read it. An object that knows only the one before would make it the
 * bucket owner's, and private, delete what is another's, or take an ACL for a retention. All other calls it goes on to answer.
 */
export const ACCESS_PROTOCOL = 3;

/**
 * What a call speaks that brings bytes which are encrypted. An object that knows only those before would lose the keys, and the
 * bytes with them.
 */
export const ENCRYPTION_PROTOCOL = 4;

/**
 * What a call speaks that says something of an event hold. An object that knows only those before would let go what it keeps.
 */
export const HOLD_PROTOCOL = 5;

/**
 * What a call speaks that says who makes it, or tells a shard whom to notify. An object that knows only those before would not
 * understand the one, and notify nobody.
 */
export const EVENTS_PROTOCOL = 6;

/**
 * What a call speaks that tells a shard to tell EventBridge. An object that knows only those before would tell nobody.
 */
export const EVENT_BRIDGE_PROTOCOL = 7;

/**
 * What a call speaks that brings a replica, or tells a shard what to replicate. An object that knows only those before would give the one
 * another id, and replicate nothing.
 */
export const REPLICATION_PROTOCOL = 8;

/**
 * What a call of a shard speaks whose bucket grows, or has grown. An object that knows only those before would not say that a key
 * has moved, and a gateway that speaks only those before would take the bucket for what the old shards have of it.
 */
export const GROWTH_PROTOCOL = 9;

/**
 * What a call speaks that brings an imported version. An object that knows only those before would take it for a replica of today, with
 * another ETag.
 */
export const IMPORT_PROTOCOL = 10;

/** The oldest version that a Durable Object answers. */
const OLDEST_PROTOCOL = 2;
/** The newest. */
export const NEWEST_PROTOCOL = 10;

/** A number has room for 53 bits: 13 of them for the protocol, 40 for a revision. */
const REVISIONS = 2 ** 40;

/**
 * The first argument of each call: the protocol, and under which revision of what gateways decide with the request was
 * decided, as one number. In calls of a bucket's shard, what revision of the shard part the gateway knows comes next.
 */
export function stampOf(gatewayRevision: number, protocol = PROTOCOL): number {
  return protocol * REVISIONS + gatewayRevision;
}

/** Of a call in which no configuration has a say. */
export const PLAIN_STAMP = stampOf(0);

/** The same, between shards of a bucket that grows. */
export const GROWTH_STAMP = stampOf(0, GROWTH_PROTOCOL);

export function gatewayRevisionOf(stamp: number): number {
  return stamp % REVISIONS;
}

/** The object does not know the protocol of the call; it did nothing. */
export interface UnknownProtocol {
  /** The newest one that it knows. */
  readonly unknownProtocol: number;
}

/** Of the Directory, and of a shard to a call that it answers when it is sealed, too, whatever the configuration. */
export type PlainAnswer<T> = UnknownProtocol | { readonly value: T };

export function protocolOf(stamp: number): number {
  return Math.floor(stamp / REVISIONS);
}

/** Undefined: the object knows it. */
export function unknownProtocol(stamp: number): UnknownProtocol | undefined {
  const protocol = protocolOf(stamp);
  if (protocol >= OLDEST_PROTOCOL && protocol <= NEWEST_PROTOCOL) return undefined;
  return { unknownProtocol: NEWEST_PROTOCOL };
}
