import type { MetricFamily, Sample } from "../../lib/prometheus.ts";
import type {
  FiguredBucket,
  NamedFigures,
  ShardFigureName,
  ShardFigures,
} from "../../storage/ports/shard-figures.ts";

/** How a figure of shards becomes a metric of their bucket. */
interface ShardMetric {
  readonly name: string;
  readonly help: string;
  /** Of several shards; "each" has a label more, and there is a sum only where all shards told. */
  readonly of: "each" | "max" | "sum";
  /** What the figure is divided by: metrics are in base units. */
  readonly unit?: number;
  /** Of figures with names: what these are, a label more. They are only ever added to. */
  readonly label?: string;
}

const MS = 1000;

export const SHARD_METRICS: Readonly<Record<ShardFigureName, ShardMetric>> = {
  objects: {
    name: "ledge_bucket_objects",
    help: "Keys whose current version is no delete marker.",
    of: "sum",
  },
  versions: {
    name: "ledge_bucket_versions",
    help: "Current and older versions, without delete markers.",
    of: "sum",
  },
  deleteMarkers: { name: "ledge_bucket_delete_markers", help: "Delete markers.", of: "sum" },
  bytes: { name: "ledge_bucket_bytes", help: "Bytes of all versions.", of: "sum" },
  uploads: { name: "ledge_bucket_uploads", help: "Multipart uploads in progress.", of: "sum" },
  uploadBytes: { name: "ledge_bucket_upload_bytes", help: "Bytes of their parts.", of: "sum" },
  annotationBytes: {
    name: "ledge_bucket_annotation_bytes",
    help: "Bytes of the annotations of all versions.",
    of: "sum",
  },
  shardsCounting: {
    name: "ledge_bucket_shards_counting",
    help: "Shards that are still counting; until they have, the seven above are missing.",
    of: "sum",
  },
  databaseBytes: {
    name: "ledge_shard_database_bytes",
    help: "Size of a shard's database; at SHARD_LIMIT_BYTES nothing is added to it.",
    of: "each",
  },
  garbageBlobs: {
    name: "ledge_garbage_blobs",
    help: "Contents that nothing refers to any more, and that wait for their last reader; 10000 of a shard stand for more.",
    of: "sum",
  },
  garbageBytes: {
    name: "ledge_garbage_bytes",
    help: "Bytes of those of them that are blobs.",
    of: "sum",
  },
  outboxPending: {
    name: "ledge_outbox_pending",
    help: "Records of events that wait for their targets; 10000 of a shard stand for more.",
    of: "sum",
  },
  outboxOldestMs: {
    name: "ledge_outbox_oldest_seconds",
    help: "How long the oldest record has waited for its target.",
    of: "max",
    unit: MS,
  },
  deadLetters: {
    name: "ledge_outbox_dead_letters",
    help: "Records that were given up, of which a shard keeps the newest 1000.",
    of: "sum",
  },
  replicationPending: {
    name: "ledge_replication_pending",
    help: "Versions and changes that wait for their destinations; 10000 of a shard stand for more.",
    of: "sum",
  },
  replicationOldestMs: {
    name: "ledge_replication_oldest_seconds",
    help: "How long the oldest of them has waited.",
    of: "max",
    unit: MS,
  },
  replicationPendingBytes: {
    name: "ledge_replication_bytes_pending",
    help: "Bytes of those versions.",
    of: "sum",
  },
  replicationFailed: {
    name: "ledge_replication_failed",
    help: "Versions that were given up since the bucket was made.",
    of: "sum",
  },
  lifecycleZonesDue: {
    name: "ledge_lifecycle_zones_due",
    help: "Stretches of keys, of some 4096 versions each, that the lifecycle job is to look at.",
    of: "sum",
  },
  lifecycleActions: {
    name: "ledge_lifecycle_actions_total",
    help: "What lifecycle rules have done, by the element of the rule.",
    of: "sum",
    label: "action",
  },
  lifecycleBytes: {
    name: "ledge_lifecycle_bytes_total",
    help: "Bytes of the versions that went, or moved, by lifecycle rules, and of the parts of aborted uploads.",
    of: "sum",
    label: "action",
  },
  inventoryLateMs: {
    name: "ledge_inventory_late_seconds",
    help: "How late the report of the bucket's inventory is that is due first.",
    of: "max",
    unit: MS,
  },
  logBatchesWaiting: {
    name: "ledge_access_log_batches_waiting",
    help: "Batches of access log lines that wait to become objects; 10000 of a shard stand for more.",
    of: "sum",
  },
  logLinesDropped: {
    name: "ledge_access_log_lines_dropped",
    help: "Lines of access logs that their target has not let in, since its shard woke up.",
    of: "sum",
  },
  shardsMoving: {
    name: "ledge_growth_shards_moving",
    help: "Shards that give keys to new shards of their bucket.",
    of: "sum",
  },
  movedKeys: {
    name: "ledge_growth_moved_keys",
    help: "Keys that have moved in the bucket's last growth.",
    of: "sum",
  },
  jobsLateMs: {
    name: "ledge_jobs_late_seconds",
    help: "How long the job that is most overdue has been.",
    of: "max",
    unit: MS,
  },
};

/** What one shard told. */
export interface ToldFigures {
  readonly bucket: FiguredBucket;
  readonly shard: number;
  readonly figures: ShardFigures;
}

export function shardFamilies(told: readonly ToldFigures[]): readonly MetricFamily[] {
  const byBucket = [...Map.groupBy(told, ({ bucket }) => bucket.name)];
  return Object.entries(SHARD_METRICS).map(([figure, metric]) => ({
    name: metric.name,
    help: metric.help,
    type: metric.label === undefined ? "gauge" : "counter",
    samples: byBucket.flatMap(([bucket, shards]) =>
      samplesOf(metric, figure as ShardFigureName, bucket, shards),
    ),
  }));
}

function samplesOf(
  { of, unit = 1, label }: ShardMetric,
  figure: ShardFigureName,
  bucket: string,
  shards: readonly ToldFigures[],
): readonly Sample[] {
  const values = shards.flatMap(({ shard, figures }) => {
    const value = figures[figure];
    return value === undefined ? [] : [{ shard, value }];
  });
  const isWhole = values.length === (shards[0]?.bucket.shardCount ?? 0);
  if (values.length === 0 || (of === "sum" && !isWhole)) return [];
  if (label !== undefined) {
    const named = values.flatMap(({ value }) => (typeof value === "number" ? [] : [value]));
    return [...sumsOf(named)].map(([name, value]) => ({
      labels: { bucket, [label]: name },
      value,
    }));
  }
  const numbers = values.flatMap(({ shard, value }) =>
    typeof value === "number" ? [{ shard, value: value / unit }] : [],
  );
  if (of === "each")
    return numbers.map(({ shard, value }) => ({ labels: { bucket, shard: String(shard) }, value }));
  const all = numbers.map(({ value }) => value);
  const value = of === "max" ? Math.max(...all) : all.reduce((a, b) => a + b, 0);
  return [{ labels: { bucket }, value }];
}

function sumsOf(named: readonly NamedFigures[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const figures of named)
    for (const [name, value] of Object.entries(figures))
      sums.set(name, (sums.get(name) ?? 0) + value);
  return sums;
}
