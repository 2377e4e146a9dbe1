import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { readShardSettings } from "../../src/env.ts";
import { NO_ATTRIBUTES, type ObjectAttributes } from "../../src/protocol/object-record.ts";
import { NO_CONDITIONS } from "../../src/protocol/write-conditions.ts";
import { ShardCounts } from "../../src/storage/bucket-shard/counts/shard-counts.ts";
import { configureShard } from "../../src/storage/bucket-shard/configure-shard.ts";
import { JobTable } from "../../src/storage/bucket-shard/job-table.ts";
import { LifecycleScan } from "../../src/storage/bucket-shard/jobs/lifecycle-job.ts";
import type { ScanLimits } from "../../src/storage/bucket-shard/lifecycle/scan-zone.ts";
import { Listeners } from "../../src/storage/bucket-shard/outbox/listeners.ts";
import { ShardGrowth } from "../../src/storage/bucket-shard/growth/shard-growth.ts";
import { ObjectCache } from "../../src/storage/bucket-shard/objects/object-cache.ts";
import { commitObject } from "../../src/storage/bucket-shard/objects/place-object.ts";
import { ShardConfiguration } from "../../src/storage/bucket-shard/shard-configuration.ts";
import { LogRoom } from "../../src/storage/bucket-shard/access-log/log-room.ts";
import { ShardRoom } from "../../src/storage/bucket-shard/shard-room.ts";
import { ShardState } from "../../src/storage/bucket-shard/shard-state.ts";
import type { Shard } from "../../src/storage/bucket-shard/shard.ts";
import {
  perform,
  type Transact,
  type Transaction,
} from "../../src/storage/bucket-shard/transaction.ts";
import { draftOf } from "./shards.ts";

/** No alarm that is set in a test runs by itself. */
export const START_MS = Date.UTC(2100, 0, 1, 12);
export const DAY_MS = 86_400_000;

const DEATH = "the shard has died";

interface ScanOptions {
  readonly limits?: ScanLimits;
  /** The same database, of which is counted what it is asked. */
  readonly counted?: SqlStorage;
  /** Whether the shard dies before the slice is on disk. */
  readonly dies?: () => boolean;
}

let made = 0;

/** A shard whose time is the test's own. */
export interface TimedShard {
  readonly shard: Shard;
  readonly sql: SqlStorage;
  nowMs: number;
  /** It has no room for anything. */
  isFull: boolean;
  do<T>(effect: (transaction: Transaction) => T): T;
  configure(documents: object): void;
  put(key: string, said?: { sizeBytes?: number; attributes?: Partial<ObjectAttributes> }): void;
  /** The scans of so many days. */
  pass(days: number, options?: ScanOptions): void;
  rows(): readonly VersionShown[];
}

export interface VersionShown extends Record<string, SqlStorageValue> {
  readonly key: string;
  readonly sequence: number;
  readonly is_marker: number;
  readonly is_current: number;
  readonly modified_ms: number;
  readonly storage_class: string;
  readonly attributes: string | null;
  readonly version_id: string | null;
}

/** Runs a test in a shard of a bucket that no other test has. */
export function inShard<T>(run: (shard: TimedShard) => T): Promise<T> {
  made += 1;
  const name = `lifecycle-${made}-${crypto.randomUUID()}/0`;
  return runInDurableObject(env.BUCKET_INDEX.getByName(name), (_, { storage }) =>
    run(timedShard(storage, name)),
  );
}

function timedShard(storage: DurableObjectStorage, name: string): TimedShard {
  const { sql } = storage;
  const settings = readShardSettings(env);
  const shard: Shard = {
    sql,
    state: new ShardState(sql, name),
    counts: new ShardCounts(sql),
    configuration: new ShardConfiguration(sql),
    growth: new ShardGrowth(sql, name),
    cache: new ObjectCache(0),
    listeners: new Listeners(0, undefined),
    settings,
    logRoom: new LogRoom(sql),
    room: new ShardRoom(sql, settings.limitBytes),
  };
  const jobs = new JobTable(storage);
  let revision = 0;
  const timed: TimedShard = {
    sql,
    shard,
    nowMs: START_MS,
    isFull: false,
    do: (effect) =>
      storage.transactionSync(() => {
        shard.state.reserveSequences(1);
        return perform(shard, jobs, timed.nowMs, undefined, effect);
      }),
    configure(documents) {
      revision += 1;
      const part = { revision, documents: JSON.stringify(documents) };
      timed.do((transaction) => configureShard(transaction, 0, part, undefined));
    },
    put(key, { sizeBytes = 4, attributes = {} } = {}) {
      const content = { kind: "inline", bytes: new Uint8Array(4) } as const;
      const draft = {
        ...draftOf(content, sizeBytes),
        attributes: { ...NO_ATTRIBUTES, ...attributes },
      };
      timed.do((transaction) => commitObject(transaction, key, draft, NO_CONDITIONS));
    },
    pass(days, { limits, counted = sql, dies = () => false } = {}) {
      const transact: Transact = (effect) =>
        timed.do((transaction) => {
          const room = timed.isFull ? new ShardRoom(sql, 0) : shard.room;
          const value = effect({ ...transaction, sql: counted, room });
          if (dies()) throw new Error(DEATH);
          return value;
        });
      for (let day = 0; day < days; day += 1) {
        timed.nowMs += DAY_MS;
        let isDone = false;
        while (!isDone) {
          try {
            new LifecycleScan(shard, timed.nowMs, transact, limits).next(true);
            isDone = !isScanning(sql);
          } catch (error) {
            if (!(error instanceof Error) || error.message !== DEATH) throw error;
            shard.state.forget();
            shard.counts.forget();
            jobs.forget();
          }
        }
      }
    },
    rows: () =>
      sql
        .exec<VersionShown>(
          `SELECT key, sequence, 0 AS is_marker, 1 AS is_current, modified_ms, storage_class, attributes, version_id FROM object
           UNION ALL SELECT key, sequence, is_marker, 0, modified_ms, storage_class, attributes, version_id FROM version
           ORDER BY key, sequence DESC`,
        )
        .toArray(),
  };
  return timed;
}

function isScanning(sql: SqlStorage): boolean {
  return sql.exec("SELECT 1 FROM lifecycle_scan").toArray().length > 0;
}

/** What a key has, the newest first. */
export function shownVersions(shard: TimedShard, key: string): string {
  return shard
    .rows()
    .filter((row) => row.key === key)
    .map((row) => (row.is_marker === 1 ? "marker" : row.storage_class))
    .join(" ");
}
