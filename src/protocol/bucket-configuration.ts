import type { LogDestination } from "./access-log/log-destination.ts";
import type { NotificationDocument } from "./events/event-rules.ts";
import type { LifecycleDocument } from "./lifecycle/lifecycle-configuration.ts";
import type { LockConfiguration } from "./object-lock-configuration.ts";
import type { ReplicationDocument } from "./replication/replication-configuration.ts";

export type VersioningStatus = "Enabled" | "Suspended";

/**
 * Who decides with a document of a bucket's configuration: gateways before they call a shard, shards in their
 * transactions, or nobody but its own operations, so that it is in the Directory only.
 */
export type Part = "gateway" | "shard" | "directory";

/** What shards decide with: each kind's document, in S3's words. What is absent was never configured. */
export interface ShardDocuments {
  readonly versioning?: { readonly Status: VersioningStatus };
  /** Object Lock, once enabled, stays. */
  readonly lock?: LockConfiguration;
  readonly notification?: NotificationDocument;
  /** It may lack its rules only where nobody has put it. */
  readonly lifecycle?: Partial<LifecycleDocument>;
  readonly replication?: ReplicationDocument;
  /** For what shards do by themselves. */
  readonly logging?: { readonly destination: LogDestination };
}

/** What gateways decide with of the documents that are told to shards. */
export interface ShardFlags {
  /** Undefined: never configured. */
  readonly versioning?: VersioningStatus;
  readonly hasLock?: boolean;
  /** New objects are retained when their upload does not say. */
  readonly hasLockRule?: boolean;
  /** Shards want to know who brings effects about. */
  readonly wantsOrigin?: boolean;
  /** A lifecycle rule aborts uploads. */
  readonly abortsUploads?: boolean;
  /** Versions are replicated, or were to be: rules may be disabled. */
  readonly hasReplication?: boolean;
  /** Where its access log goes; absent: it has none. */
  readonly logging?: LogDestination | undefined;
}
