import { DurableObject } from "cloudflare:workers";
import { readShardSettings, type ShardSettings } from "../../env.ts";
import type { BucketConfiguration } from "../../protocol/bucket-configuration.ts";
import type { DeleteMarker, Located } from "../../protocol/object-record.ts";
import type { ListQuery, Removal, RemoveOutcome, Rename, RenameOutcome } from "../bucket-index.ts";
import type { ContentPartPage, Wanted } from "../content-index.ts";
import { migrate } from "../sql-migrations.ts";
import { changeAnnotation, listAnnotations, readAnnotation } from "./annotations.ts";
import { appendToObject } from "./append-object.ts";
import { changeAttributes } from "./change-attributes.ts";
import { raiseFence } from "./clean-up.ts";
import { COMPLETION_MEMORY_MS, completeUpload } from "./complete-upload.ts";
import { GroupCommit } from "./group-commit.ts";
import type { HoldPeer, JudgedHolds } from "./hold-jobs.ts";
import { dropHolds, knownHolds, takeHold } from "./holds.ts";
import type { Jobs } from "./jobs.ts";
import { listObjects, type PackedPage } from "./listing.ts";
import { listUploads } from "./list-uploads.ts";
import { listVersions } from "./list-versions.ts";
import type { PackedObject } from "./packed-object.ts";
import { commitObject } from "./place-object.ts";
import { readObject } from "./read-object.ts";
import { isEmpty, removeObject } from "./remove-object.ts";
import { renameObject } from "./rename-object.ts";
import { ObjectCache } from "./object-cache.ts";
import { MIGRATIONS } from "./schema.ts";
import { listContentParts, locate } from "./segments.ts";
import { ShardState } from "./shard-state.ts";
import type { Answer, Args, ShardAnswer } from "./shard-answer.ts";
import { shardJobs } from "./shard-jobs.ts";
import type { Effect, Run, Shard } from "./shard.ts";
import {
  abortUpload,
  createUpload,
  findUpload,
  listParts,
  oldestUploadMs,
  putPart,
} from "./uploads.ts";

/** The Directory has given up on a delete after half this time. */
const SETTLED_AFTER_MS = 60_000;

/**
 * One shard of a bucket's index, named `<bucket id>/<shard number>`: the only writer of its rows.
 * Every method is one transaction; writes that arrive together share one (see {@link GroupCommit}).
 */
export class BucketIndexObject extends DurableObject implements HoldPeer {
  readonly #shard: Shard;
  readonly #settings: ShardSettings;
  readonly #commits: GroupCommit;
  readonly #jobs: Jobs;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    const { storage } = ctx;
    migrate(storage, MIGRATIONS);
    const settings = readShardSettings(env);
    const state = new ShardState(storage.sql, ctx.id.name);
    this.#settings = settings;
    this.#shard = { sql: storage.sql, state, cache: new ObjectCache(settings.cacheBytes) };
    this.#commits = new GroupCommit(storage, state);
    const run: Run = (effect) => storage.transactionSync(() => this.#effect(effect));
    this.#jobs = shardJobs(storage, this.#shard, env, settings, run);
  }

  /** Called when the bucket is made, so that even a shard that is never written to is swept. */
  open(): Promise<void> {
    return this.#run(() => this.#scheduleSweep(Date.now()));
  }

  /** The bucket is configured so since `revision`. What is older than the shard knows is ignored. */
  configure(revision: number, configuration: BucketConfiguration): Promise<void> {
    return this.#run(() => {
      const { state, cache } = this.#shard;
      if (revision <= state.revision) return;
      state.setConfiguration(revision, configuration);
      cache.clear();
    });
  }

  read(
    revision: number,
    key: string,
    wanted: Wanted,
  ): ShardAnswer<PackedObject | DeleteMarker | undefined> {
    return this.#answer(revision, () => readObject(this.#shard, key, wanted));
  }

  list(revision: number, query: ListQuery): ShardAnswer<PackedPage> {
    return this.#answer(revision, () => listObjects(this.#shard.sql, query));
  }

  commit(revision: number, ...args: Args<"commit">): Promise<Answer<"commit">> {
    return this.#write(revision, (shard) => commitObject(shard, ...args));
  }

  append(revision: number, ...args: Args<"append">): Promise<Answer<"append">> {
    return this.#write(revision, (shard) => appendToObject(shard, ...args));
  }

  remove(
    revision: number,
    removals: readonly Removal[],
  ): Promise<ShardAnswer<readonly RemoveOutcome[]>> {
    return this.#write(revision, (shard) =>
      removals.map((removal) => removeObject(shard, removal)),
    );
  }

  change(revision: number, ...args: Args<"change">): Promise<Answer<"change">> {
    return this.#write(revision, (shard) => changeAttributes(shard, ...args));
  }

  listVersions(revision: number, ...args: Args<"listVersions">): Answer<"listVersions"> {
    return this.#answer(revision, () => listVersions(this.#shard.sql, ...args));
  }

  readAnnotation(revision: number, ...args: Args<"readAnnotation">): Answer<"readAnnotation"> {
    return this.#answer(revision, () => readAnnotation(this.#shard, ...args));
  }

  listAnnotations(revision: number, ...args: Args<"listAnnotations">): Answer<"listAnnotations"> {
    return this.#answer(revision, () => listAnnotations(this.#shard, ...args));
  }

  changeAnnotation(
    revision: number,
    ...args: Args<"changeAnnotation">
  ): Promise<Answer<"changeAnnotation">> {
    return this.#write(revision, (shard) => changeAnnotation(shard, ...args));
  }

  rename(revision: number, rename: Rename): Promise<ShardAnswer<RenameOutcome>> {
    return this.#write(revision, (shard) => renameObject(shard, rename));
  }

  createUpload(revision: number, ...args: Args<"createUpload">): Promise<Answer<"createUpload">> {
    const { uploadExpiryMs } = this.#settings;
    return this.#write(revision, (shard) => {
      const uploadId = createUpload(shard, ...args);
      if (uploadExpiryMs > 0) this.#jobs.schedule("uploads", shard.nowMs + uploadExpiryMs);
      return uploadId;
    });
  }

  findUpload(revision: number, ...args: Args<"findUpload">): Answer<"findUpload"> {
    return this.#answer(revision, () => findUpload(this.#shard.sql, ...args));
  }

  putPart(revision: number, ...args: Args<"putPart">): Promise<Answer<"putPart">> {
    return this.#write(revision, (shard) => putPart(shard, ...args));
  }

  listParts(revision: number, ...args: Args<"listParts">): Answer<"listParts"> {
    return this.#answer(revision, () => listParts(this.#shard.sql, ...args));
  }

  listUploads(revision: number, ...args: Args<"listUploads">): Answer<"listUploads"> {
    return this.#answer(revision, () => listUploads(this.#shard.sql, ...args));
  }

  completeUpload(
    revision: number,
    ...args: Args<"completeUpload">
  ): Promise<Answer<"completeUpload">> {
    return this.#write(revision, (shard) => {
      const completed = completeUpload(shard, ...args);
      if (completed.ok) this.#jobs.schedule("completions", shard.nowMs + COMPLETION_MEMORY_MS);
      return completed;
    });
  }

  abortUpload(revision: number, ...args: Args<"abortUpload">): Promise<Answer<"abortUpload">> {
    return this.#write(revision, (shard) => abortUpload(shard, ...args));
  }

  // Contents outlive their objects, and their bucket, as long as somebody reads them or refers to them: what follows
  // is answered by a sealed shard, too.

  locate(contentId: string, sizeBytes: number, wanted: Wanted): Located {
    return locate(this.#shard.sql, contentId, sizeBytes, wanted);
  }

  listContentParts(contentId: string, after: number, limit: number): ContentPartPage {
    return listContentParts(this.#shard.sql, contentId, after, limit);
  }

  takeHold(contentId: string, token: string): Promise<boolean> {
    return this.#run(() =>
      this.#effect(({ sql, nowMs }) => {
        const isTaken = takeHold(sql, contentId, token);
        this.#jobs.schedule("holds", nowMs + this.#settings.orphanAgeMs);
        return isTaken;
      }),
    );
  }

  releaseHolds(tokens: readonly string[]): Promise<void> {
    return this.#run(() =>
      this.#effect(({ sql, garbageDueMs, onGarbage }) => {
        dropHolds(sql, tokens, garbageDueMs);
        onGarbage();
      }),
    );
  }

  judgeHolds(tokens: readonly string[]): Promise<JudgedHolds> {
    return this.#run(() => {
      const { sql, state } = this.#shard;
      const fence = raiseFence(state, Date.now() - this.#settings.orphanAgeMs);
      const known = new Set(knownHolds(sql, tokens));
      const lost = tokens.filter((token) => !known.has(token) && token <= fence);
      return { known: [...known], lost };
    });
  }

  /** The bucket is being deleted: from now on nothing is read or written. Refused while there are objects. */
  sealIfEmpty(token: string): Promise<boolean> {
    return this.#run(() => {
      if (!isEmpty(this.#shard.sql)) return false;
      this.#shard.state.setSeal(token);
      if (oldestUploadMs(this.#shard.sql) !== undefined)
        this.#jobs.schedule("uploads", Date.now() + SETTLED_AFTER_MS);
      return true;
    });
  }

  /** The delete with this token came to nothing. */
  unseal(token: string): Promise<void> {
    return this.#run(() => {
      const { state } = this.#shard;
      if (state.seal === token) state.setSeal(undefined);
    });
  }

  override async alarm(): Promise<void> {
    await this.#jobs.runDue(Date.now());
  }

  #write<T>(revision: number, effect: (shard: Effect) => T): Promise<ShardAnswer<T>> {
    return this.#run(() => this.#answer(revision, () => this.#effect(effect)));
  }

  /** What was read from a transaction that did not commit must not be remembered. */
  async #run<T>(effect: () => T): Promise<T> {
    try {
      return await this.#commits.run(effect);
    } catch (error) {
      this.#shard.cache.clear();
      throw error;
    }
  }

  /** @param revision of the configuration that the request was authorized under */
  #answer<T>(revision: number, effect: () => T): ShardAnswer<T> {
    const { state } = this.#shard;
    if (state.seal !== undefined) return { sealedBy: state.seal };
    if (state.revision === revision) return { value: effect() };
    return { revision: state.revision, configuration: state.configuration };
  }

  #effect<T>(effect: (shard: Effect) => T): T {
    const nowMs = Date.now();
    const garbageDueMs = nowMs + this.#settings.garbageDelayMs;
    let madeGarbage = false;
    let releasedHold = false;
    const value = effect({
      ...this.#shard,
      nowMs,
      garbageDueMs,
      onGarbage: () => (madeGarbage = true),
      onReleasedHold: () => (releasedHold = true),
    });
    if (madeGarbage) this.#jobs.schedule("garbage", garbageDueMs);
    if (releasedHold) this.#jobs.schedule("released-holds", nowMs);
    this.#scheduleSweep(nowMs);
    return value;
  }

  #scheduleSweep(nowMs: number): void {
    this.#jobs.schedule("sweep", nowMs + this.#settings.orphanAgeMs);
  }
}
