import type { BucketRecord } from "./bucket-directory.ts";
/**
 * What a shard tells of itself for the metrics, each of them by a function of the room that it is about
 * (`bucket-shard/figures.ts`). All are optional: a shard may run older code, or not know a figure now.
 */
export interface ShardFigures {
  /** Keys whose current version is no delete marker. These seven are missing until all rows are counted. */
  readonly objects?: number;
  /** Current and older ones, without delete markers. */
  readonly versions?: number;
  readonly deleteMarkers?: number;
  /** Of all versions. */
  readonly bytes?: number;
  /** Multipart uploads in progress. */
  readonly uploads?: number;
  /** Of their parts. */
  readonly uploadBytes?: number;
  /** Of the annotations of all versions. */
  readonly annotationBytes?: number;
  /** 1 while the rows are being counted. */
  readonly shardsCounting?: number;
  readonly databaseBytes?: number;
  /** Of contents that nothing refers to any more; as many as {@link MOST_COUNTED} stand for more. */
  readonly garbageBlobs?: number;
  /** Of those of them that this shard made. */
  readonly garbageBytes?: number;
  /** Records of events that wait for their targets; as many as {@link MOST_COUNTED} stand for more. */
  readonly outboxPending?: number;
  /** How long the oldest of them has waited. */
  readonly outboxOldestMs?: number;
  readonly deadLetters?: number;
  /** Versions and changes that wait for their destinations, which {@link outboxPending} counts, too. */
  readonly replicationPending?: number;
  /** How long the oldest of them has waited. */
  readonly replicationOldestMs?: number;
  /** Bytes of those versions. */
  readonly replicationPendingBytes?: number;
  /** Versions that were given up since the bucket was made. */
  readonly replicationFailed?: number;
  /** Stretches of keys that the lifecycle job is to look at. */
  readonly lifecycleZonesDue?: number;
  /** What lifecycle rules have done since the bucket was made, by the name of their element. */
  readonly lifecycleActions?: NamedFigures;
  /** Bytes of the versions that went, or moved, and of the parts of aborted uploads, likewise. */
  readonly lifecycleBytes?: NamedFigures;
  /** How late the report of the bucket's inventory is that is due first. */
  readonly inventoryLateMs?: number;
  /** Batches of access-log lines that wait to become objects, as many as {@link MOST_COUNTED} at most. */
  readonly logBatchesWaiting?: number;
  /** Lines of access logs that their target did not take, since the shard woke up. */
  readonly logLinesDropped?: number;
  /** 1 while the shard has keys to give away, since its bucket grows. */
  readonly shardsMoving?: number;
  /** Keys that it has given away in the last growth of its bucket. */
  readonly movedKeys?: number;
  /** How long the job that is most overdue has been. */
  readonly jobsLateMs?: number;
}

/** A figure of which there are several, by their names. */
export type NamedFigures = Readonly<Record<string, number>>;

export type ShardFigureName = keyof ShardFigures;

/** Where what waits is counted row by row, no more rows are read: a scrape is not to cost more the more there is to do. */
export const MOST_COUNTED = 10_000;

/** A bucket whose shards can be asked. */
export interface FiguredBucket {
  readonly id: string;
  readonly name: string;
  readonly shardCount: number;
  /** Absent also where the number above counts those that the bucket is growing to. */
  readonly growth?: NonNullable<BucketRecord["growth"]>;
}

/** Port: what all shards of a deployment tell of themselves. */
export interface FigureSource {
  /** Buckets of all accounts, by name, with this prefix, after this name. */
  listBuckets(prefix: string, after: string, limit: number): Promise<readonly FiguredBucket[]>;
  /** @returns undefined: the shard's code does not know the question yet. Fails where the shard does. */
  askShard(bucket: FiguredBucket, shard: number): Promise<ShardFigures | undefined>;
}
