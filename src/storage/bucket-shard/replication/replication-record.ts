import type { ReplicatedChange } from "../../ports/replication.ts";

/** What a row of the outbox says of a version that a destination is to get. */
export interface ReplicationRecord {
  /** The id of the rule by which it is. */
  readonly rule: string;
  readonly versionId: string;
  readonly sizeBytes: number;
  /** It is a delete marker. */
  readonly isMarker?: true;
  /** The number of the change that it tells of; absent: the version itself. */
  readonly change?: number;
  /** The destination has it, unless it was removed there: it only gets what has changed. */
  readonly isChange?: true;
  /** The annotations have changed. */
  readonly hasAnnotations?: true;
  /** What has changed; absent: it is the version itself, or more than one thing may have. */
  readonly what?: ReplicatedChange;
  /** The destination may have newer versions of the key already. */
  readonly isLate?: true;
  /** Whoever wants to know has been told that it is late. */
  readonly isToldLate?: true;
}

/** What stands in the column was written by {@link writeRecord}. */
export function readRecord(column: string): ReplicationRecord {
  return JSON.parse(column) as ReplicationRecord;
}

export function writeRecord(record: ReplicationRecord): string {
  return JSON.stringify(record);
}
