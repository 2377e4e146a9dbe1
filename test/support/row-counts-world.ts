import { Listeners } from "../../src/storage/bucket-shard/outbox/listeners.ts";
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { readShardSettings } from "../../src/env.ts";
import { ulid } from "../../src/lib/ulid.ts";
import type { VersioningStatus } from "../../src/protocol/bucket-configuration.ts";
import { NO_ATTRIBUTES } from "../../src/protocol/object-record.ts";
import { NO_CONDITIONS } from "../../src/protocol/write-conditions.ts";
import { LogRoom } from "../../src/storage/bucket-shard/access-log/log-room.ts";
import type { RowCounts } from "../../src/storage/bucket-shard/counts/row-counts.ts";
import { ShardCounts } from "../../src/storage/bucket-shard/counts/shard-counts.ts";
import { configureShard } from "../../src/storage/bucket-shard/configure-shard.ts";
import { JobTable } from "../../src/storage/bucket-shard/job-table.ts";
import { changeAnnotation } from "../../src/storage/bucket-shard/objects/annotations.ts";
import { appendToObject } from "../../src/storage/bucket-shard/objects/append-object.ts";
import { ShardGrowth } from "../../src/storage/bucket-shard/growth/shard-growth.ts";
import { ObjectCache } from "../../src/storage/bucket-shard/objects/object-cache.ts";
import { commitObject } from "../../src/storage/bucket-shard/objects/place-object.ts";
import { removeObject } from "../../src/storage/bucket-shard/objects/remove-object.ts";
import { renameObject } from "../../src/storage/bucket-shard/objects/rename-object.ts";
import { findObject } from "../../src/storage/bucket-shard/rows/find-object.ts";
import { ShardConfiguration } from "../../src/storage/bucket-shard/shard-configuration.ts";
import { ShardRoom } from "../../src/storage/bucket-shard/shard-room.ts";
import { ShardState } from "../../src/storage/bucket-shard/shard-state.ts";
import type { Shard } from "../../src/storage/bucket-shard/shard.ts";
import { perform, type Transaction } from "../../src/storage/bucket-shard/transaction.ts";
import { completeUpload } from "../../src/storage/bucket-shard/uploads/complete-upload.ts";
import {
  abortUpload,
  createUpload,
  listParts,
  putPart,
} from "../../src/storage/bucket-shard/uploads/uploads.ts";
import { pick, type seededRandom } from "./seeded-random.ts";
import { draftOf, removalOf } from "./shards.ts";

type Random = ReturnType<typeof seededRandom>;

/** Three rows a slice and two slices a question, so that much happens between one slice and the next. */
const LIMITS = { slice: 3, slices: 2, worthKeeping: 0 };

const KEYS = ["a", "b", "\u{1F600}", "\uE000", "c/d", "c/e", "z", "é"];

let made = 0;

/** Runs a test in a shard of a bucket that no other test has, over whose rows it has a shard's memory of its own. */
export function inCountedShard<T>(run: (shard: CountedShard) => T): Promise<T> {
  made += 1;
  const name = `counts-${made}-${crypto.randomUUID()}/0`;
  return runInDurableObject(env.BUCKET_INDEX.getByName(name), (_, { storage }) =>
    run(new CountedShard(storage, name)),
  );
}

const DEATH = new Error("this effect was to fail");

export class CountedShard {
  readonly sql: SqlStorage;
  readonly #storage: DurableObjectStorage;
  readonly #name: string;
  readonly #uploads: { readonly key: string; readonly uploadId: string }[] = [];
  #shard: Shard;
  #jobs: JobTable;
  #revision = 0;

  constructor(storage: DurableObjectStorage, name: string) {
    this.sql = storage.sql;
    this.#storage = storage;
    this.#name = name;
    this.#jobs = new JobTable(storage);
    this.#shard = this.#wake();
  }

  /** As after a crash: what was in memory is gone. */
  restart(): void {
    this.#shard = this.#wake();
    this.#jobs = new JobTable(this.#storage);
  }

  #wake(): Shard {
    const { sql } = this;
    const settings = readShardSettings(env);
    return {
      sql,
      state: new ShardState(sql, this.#name),
      counts: new ShardCounts(sql, LIMITS),
      configuration: new ShardConfiguration(sql),
      growth: new ShardGrowth(sql, this.#name),
      cache: new ObjectCache(0),
      listeners: new Listeners(0, undefined),
      settings,
      room: new ShardRoom(sql, settings.limitBytes),
      logRoom: new LogRoom(sql),
    };
  }

  ask(): Promise<RowCounts | undefined> {
    return this.#shard.counts.ask();
  }

  get saved(): string | undefined {
    const query = "SELECT counts FROM row_counts";
    return this.sql.exec<{ counts: string }>(query).toArray()[0]?.counts;
  }

  /** A group of effects in one transaction, as a shard commits them. @param isLost the transaction is not kept */
  commit(effects: readonly ((transaction: Transaction) => unknown)[], isLost = false): void {
    try {
      this.#storage.transactionSync(() => {
        this.#shard.state.reserveSequences(effects.length);
        for (const effect of effects) this.#attempt(effect);
        if (isLost) throw DEATH;
      });
    } catch (error) {
      if (error !== DEATH) throw error;
      this.#forget();
    }
  }

  #attempt(effect: (transaction: Transaction) => unknown): void {
    try {
      this.#storage.transactionSync(() =>
        perform(this.#shard, this.#jobs, Date.now(), undefined, effect),
      );
    } catch (error) {
      if (error !== DEATH) throw error;
      this.#forget();
    }
  }

  #forget(): void {
    this.#shard.state.forget();
    this.#shard.counts.forget();
    this.#shard.configuration.reload();
    this.#jobs.forget();
  }

  /** One effect at random; some fail after they have written. */
  effect(random: Random): (transaction: Transaction) => unknown {
    const effect = pick(random, EFFECTS)(this.#scene(random));
    return (transaction) => {
      effect(transaction);
      if (random(12) === 0) throw DEATH;
    };
  }

  #scene(random: Random): Scene {
    return {
      random,
      key: pick(random, KEYS),
      other: pick(random, KEYS),
      uploads: this.#uploads,
      blobId: () => `${this.#name}/${ulid(Date.now())}`,
      nextRevision: () => (this.#revision += 1),
    };
  }
}

interface Scene {
  readonly random: Random;
  readonly key: string;
  readonly other: string;
  readonly uploads: { readonly key: string; readonly uploadId: string }[];
  readonly blobId: () => string;
  readonly nextRevision: () => number;
}

type EffectOf = (scene: Scene) => (transaction: Transaction) => unknown;

const put: EffectOf =
  ({ random, key, blobId }) =>
  (transaction) => {
    const sizeBytes = random(100);
    const content =
      random(2) === 0
        ? ({ kind: "inline", bytes: new Uint8Array(sizeBytes) } as const)
        : ({ kind: "blob", blobId: blobId(), sizeBytes } as const);
    return commitObject(transaction, key, draftOf(content, sizeBytes), NO_CONDITIONS);
  };

const version: EffectOf = ({ random }) => {
  return (transaction) => {
    const { sql } = transaction;
    const rows = sql
      .exec<{ key: string; version_id: string | null }>(
        "SELECT key, version_id FROM object UNION ALL SELECT key, version_id FROM version ORDER BY 1, 2",
      )
      .toArray();
    if (rows.length === 0) return;
    const { key, version_id: id } = pick(random, rows);
    removeObject(transaction, { ...removalOf(key), versionId: id ?? "null" });
  };
};

const annotate: EffectOf =
  ({ random, key }) =>
  (transaction) => {
    const name = pick(random, ["n", "m", "\u{1F600}"]);
    const version = { key, versionId: undefined, decidedOn: undefined };
    const common = { ifMatch: undefined, bypassesGovernance: false };
    if (random(3) === 0)
      return changeAnnotation(transaction, version, { kind: "remove", name, ...common });
    const payload = new Uint8Array(random(50));
    const annotation = { name, payload, etag: "", checksum: undefined };
    return changeAnnotation(transaction, version, {
      kind: "put",
      annotations: [annotation],
      ...common,
    });
  };

const EFFECTS: readonly EffectOf[] = [
  annotate,
  annotate,
  put,
  put,
  version,
  version,
  ({ key }) =>
    (transaction) =>
      removeObject(transaction, removalOf(key)),
  ({ key, other }) =>
    (transaction) => {
      const sourceSequence = findObject(transaction.sql, key)?.sequence;
      if (sourceSequence === undefined) return;
      renameObject(transaction, {
        sourceKey: key,
        key: other,
        sourceSequence,
        conditions: NO_CONDITIONS,
      });
    },
  ({ key, random }) =>
    (transaction) => {
      const existing = findObject(transaction.sql, key);
      if (existing === undefined) return;
      const sizeBytes = existing.size_bytes + random(10);
      const content = { kind: "inline", bytes: new Uint8Array(sizeBytes) } as const;
      const draft = { ...draftOf(content, sizeBytes), sequence: existing.sequence, addedBytes: 0 };
      appendToObject(transaction, key, { ...draft, content }, NO_CONDITIONS);
    },
  ({ key, uploads }) =>
    (transaction) => {
      const storageClass = "STANDARD";
      const draft = { storageClass, checksum: undefined, headers: {}, attributes: NO_ATTRIBUTES };
      const made = createUpload(transaction, key, { ...draft, versionId: undefined });
      uploads.push({ key, uploadId: typeof made === "string" ? made : made.uploadId });
    },
  ...[0, 1, 2].map((): EffectOf => ({ random, uploads, blobId }) => (transaction) => {
    if (uploads.length === 0) return;
    const { key, uploadId } = pick(random, uploads);
    const sizeBytes = random(100);
    const content = { kind: "blob", blobId: blobId(), sizeBytes } as const;
    const draft = { sizeBytes, etag: "0".repeat(32), checksum: undefined, content };
    putPart(transaction, key, uploadId, 1 + random(3), draft);
  }),
  ({ random, uploads }) =>
    (transaction) => {
      if (uploads.length === 0) return;
      const { key, uploadId } = pick(random, uploads);
      if (random(3) === 0) {
        abortUpload(transaction, key, uploadId, undefined);
        return;
      }
      // One part may be of any size; what is not listed is dropped.
      const [part] = listParts(transaction, key, uploadId, 0, 3)?.parts ?? [];
      if (part === undefined) return;
      const { partNumber, etag } = part;
      const none = { sizeBytes: undefined, checksum: undefined, checksumType: undefined };
      const parts = [{ partNumber, etag, checksum: undefined }];
      completeUpload(transaction, key, uploadId, { ...none, parts, conditions: NO_CONDITIONS });
    },
  ({ random, nextRevision }) =>
    (transaction) => {
      const Status = pick<VersioningStatus>(random, ["Enabled", "Suspended", "Enabled"]);
      const documents = JSON.stringify({ versioning: { Status } });
      configureShard(transaction, 0, { revision: nextRevision(), documents }, undefined);
    },
];
