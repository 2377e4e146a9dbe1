import { DurableObject } from "cloudflare:workers";
import { readShardSettings, type ShardSettings } from "../../env.ts";
import type { WriteConditions } from "../../protocol/conditions.ts";
import type { ObjectDraft, ObjectRecord } from "../../protocol/object-record.ts";
import type { CommitOutcome, ListQuery, Removal, RemoveOutcome } from "../bucket-index.ts";
import { blobStoreOf } from "../blob-store-of.ts";
import { migrate } from "../sql-migrations.ts";
import { collectGarbage, sweepOrphans } from "./clean-up.ts";
import { GroupCommit } from "./group-commit.ts";
import { Jobs } from "./jobs.ts";
import { RecordCache } from "./record-cache.ts";
import { listObjects, type PackedPage } from "./listing.ts";
import { commitObject, isEmpty, readObject, removeObject, type Shard } from "./objects.ts";
import { MIGRATIONS } from "./schema.ts";
import { ShardState } from "./shard-state.ts";

/** The shard was sealed by the delete of its bucket with this token, and did nothing. */
export interface Sealed {
  readonly sealedBy: string;
}

export type ShardAnswer<T> = Sealed | { readonly value: T };

/**
 * One shard of a bucket's index, named `<bucket id>/<shard number>`: the only writer of its rows.
 * Every method is one transaction; writes that arrive together share one (see {@link GroupCommit}).
 */
export class BucketIndexObject extends DurableObject {
  readonly #sql: SqlStorage;
  readonly #state: ShardState;
  readonly #settings: ShardSettings;
  readonly #commits: GroupCommit;
  readonly #jobs: Jobs;
  readonly #cache: RecordCache;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    migrate(ctx.storage, MIGRATIONS);
    this.#sql = ctx.storage.sql;
    this.#state = new ShardState(this.#sql, ctx.id.name);
    this.#settings = readShardSettings(env);
    this.#cache = new RecordCache(this.#settings.cacheBytes);
    this.#commits = new GroupCommit(ctx.storage, this.#state);
    const cleanUp = {
      sql: this.#sql,
      state: this.#state,
      blobs: blobStoreOf(env),
      settings: this.#settings,
      blobPrefix: `${this.#state.name}/`,
    };
    this.#jobs = new Jobs(ctx.storage, {
      garbage: (nowMs) => collectGarbage(cleanUp, nowMs),
      sweep: (nowMs) => sweepOrphans(cleanUp, nowMs),
    });
  }

  /** Called when the bucket is made, so that even a shard that is never written to is swept. */
  open(): Promise<void> {
    return this.#run(() => this.#scheduleSweep(Date.now()));
  }

  read(key: string, withContent: boolean): ShardAnswer<ObjectRecord | undefined> {
    return this.#unlessSealed(() => readObject(this.#sql, this.#cache, key, withContent));
  }

  list(query: ListQuery): ShardAnswer<PackedPage> {
    return this.#unlessSealed(() => listObjects(this.#sql, query));
  }

  commit(
    key: string,
    draft: ObjectDraft,
    conditions: WriteConditions,
  ): Promise<ShardAnswer<CommitOutcome>> {
    return this.#run(() =>
      this.#unlessSealed(() =>
        this.#effect((shard) => commitObject(shard, key, draft, conditions)),
      ),
    );
  }

  remove(removals: readonly Removal[]): Promise<ShardAnswer<readonly RemoveOutcome[]>> {
    return this.#run(() =>
      this.#unlessSealed(() =>
        this.#effect((shard) =>
          removals.map(({ key, conditions }) => removeObject(shard, key, conditions)),
        ),
      ),
    );
  }

  /** The bucket is being deleted: from now on nothing is read or written. Refused while there are objects. */
  sealIfEmpty(token: string): Promise<boolean> {
    return this.#run(() => {
      if (!isEmpty(this.#sql)) return false;
      this.#state.setSeal(token);
      return true;
    });
  }

  /** The delete with this token came to nothing. */
  unseal(token: string): Promise<void> {
    return this.#run(() => {
      if (this.#state.seal === token) this.#state.setSeal(undefined);
    });
  }

  override async alarm(): Promise<void> {
    await this.#jobs.runDue(Date.now());
  }

  /** What was read from a transaction that did not commit must not be remembered. */
  async #run<T>(effect: () => T): Promise<T> {
    try {
      return await this.#commits.run(effect);
    } catch (error) {
      this.#cache.clear();
      throw error;
    }
  }

  #unlessSealed<T>(effect: () => T): ShardAnswer<T> {
    const { seal } = this.#state;
    return seal === undefined ? { value: effect() } : { sealedBy: seal };
  }

  #effect<T>(effect: (shard: Shard) => T): T {
    const nowMs = Date.now();
    const garbageDueMs = nowMs + this.#settings.garbageDelayMs;
    let madeGarbage = false;
    const onGarbage = () => (madeGarbage = true);
    const shard = { sql: this.#sql, state: this.#state, cache: this.#cache };
    const value = effect({ ...shard, nowMs, garbageDueMs, onGarbage });
    if (madeGarbage) this.#jobs.schedule("garbage", garbageDueMs);
    this.#scheduleSweep(nowMs);
    return value;
  }

  #scheduleSweep(nowMs: number): void {
    this.#jobs.schedule("sweep", nowMs + this.#settings.orphanAgeMs);
  }
}
