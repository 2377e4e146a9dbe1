import type { StoredObject } from "../../protocol/object-record.ts";
import type { NotifyingBucket } from "../../protocol/events/event-record.ts";
import type { ReplicationDestination } from "../../protocol/replication/replication-configuration.ts";

/** Versions of a bucket, of different keys, that one destination is to get. */
export interface ReplicationTask {
  readonly source: ReplicationSource;
  /** The ARN of the destination. */
  readonly destination: string;
  /** The canonical id of whose it was when its rules were put; undefined: it was no bucket of this deployment. */
  readonly ownerId: string | undefined;
  /** What replicates, as policies of other accounts name it. */
  readonly role: string;
  readonly versions: readonly ReplicatedVersion[];
}

export interface ReplicationSource extends NotifyingBucket {
  readonly bucketId: string;
}

/** What of a version goes to its replicas when it changes. */
export const REPLICATED_CHANGES = ["tags", "acl", "retention", "legal-hold", "annotation"] as const;
export type ReplicatedChange = (typeof REPLICATED_CHANGES)[number];

export interface ReplicatedVersion {
  readonly key: string;
  readonly versionId: string;
  /** With its content, and the number of its annotations; undefined: it is a delete marker. */
  readonly object: StoredObject | undefined;
  /** What its rule says. */
  readonly destination: ReplicationDestination;
  /** The destination has it, unless it was removed there: it only gets what has changed. */
  readonly isChange: boolean;
  /** The annotations have changed. */
  readonly hasAnnotations: boolean;
  /** What has changed; absent: more than one thing may have, and the destination may have the version already. */
  readonly what?: ReplicatedChange | undefined;
  /** Of the key, the newest last: versions that the destination may have already. */
  readonly newer: readonly string[];
}
