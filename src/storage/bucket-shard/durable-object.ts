import { DurableObject } from "cloudflare:workers";
import { readShardSettings } from "../../env.ts";
import type { BucketConfiguration } from "../../protocol/bucket-configuration.ts";
import type { DeleteMarker, Located } from "../../protocol/object-record.ts";
import type {
  ListQuery,
  Removal,
  RemoveOutcome,
  Rename,
  RenameOutcome,
} from "../ports/bucket-index.ts";
import type { ContentPartPage, Wanted } from "../ports/content-index.ts";
import { migrate } from "../sql-migrations.ts";
import type { PackedObject } from "../wire/packed-object.ts";
import type { PackedPage } from "../wire/packed-page.ts";
import type { Answer, Args, Outdated, Sealed, ShardAnswer } from "../wire/shard-answer.ts";
import { dropHolds, takeHold } from "./contents/holds.ts";
import { listContentParts, locate } from "./contents/segments.ts";
import { GroupCommit } from "./group-commit.ts";
import { JobTable } from "./job-table.ts";
import { type HoldPeer, type JudgedHolds, judgeHolds } from "./jobs/hold-jobs.ts";
import { type Jobs, runDue } from "./jobs/jobs.ts";
import { shardJobs } from "./jobs/shard-jobs.ts";
import { changeAnnotation, listAnnotations, readAnnotation } from "./objects/annotations.ts";
import { appendToObject } from "./objects/append-object.ts";
import { changeAttributes } from "./objects/change-attributes.ts";
import { listVersions } from "./objects/list-versions.ts";
import { listObjects } from "./objects/listing.ts";
import { ObjectCache } from "./objects/object-cache.ts";
import { commitObject } from "./objects/place-object.ts";
import { readObject } from "./objects/read-object.ts";
import { removeObject } from "./objects/remove-object.ts";
import { renameObject } from "./objects/rename-object.ts";
import { MIGRATIONS } from "./rows/schema.ts";
import { configure, sealIfEmpty, unseal } from "./seal-shard.ts";
import { annotationBytesOf, bodyBytesOf, partBytesOf, ShardRoom } from "./shard-room.ts";
import { ShardState } from "./shard-state.ts";
import type { Shard } from "./shard.ts";
import { perform, type Transaction } from "./transaction.ts";
import { completeUpload } from "./uploads/complete-upload.ts";
import { listUploads } from "./uploads/list-uploads.ts";
import { abortUpload, createUpload, findUpload, listParts, putPart } from "./uploads/uploads.ts";

/**
 * One shard of a bucket's index, named `<bucket id>/<shard number>`: the only writer of its rows.
 * Every method is one transaction; writes that arrive together share one (see {@link GroupCommit}).
 */
export class BucketIndexObject extends DurableObject implements HoldPeer {
  readonly #shard: Shard;
  readonly #room: ShardRoom;
  readonly #commits: GroupCommit;
  readonly #jobTable: JobTable;
  readonly #jobs: Jobs;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    const { storage } = ctx;
    migrate(storage, MIGRATIONS);
    const settings = readShardSettings(env);
    const state = new ShardState(storage.sql, ctx.id.name);
    const cache = new ObjectCache(settings.cacheBytes);
    this.#shard = { sql: storage.sql, state, cache, settings };
    this.#room = new ShardRoom(storage.sql, settings.limitBytes);
    this.#commits = new GroupCommit(storage, state);
    this.#jobTable = new JobTable(storage);
    this.#jobs = shardJobs(this.#shard, env, (effect) =>
      storage.transactionSync(() => this.#perform(effect)),
    );
  }

  /** Called when the bucket is made, so that even a shard that is never written to is swept. */
  open(): Promise<void> {
    return this.#transact(() => undefined);
  }

  configure(revision: number, configuration: BucketConfiguration): Promise<void> {
    return this.#transact((transaction) => configure(transaction, revision, configuration));
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
    const [, { content }] = args;
    return this.#add(revision, bodyBytesOf(content), (transaction) =>
      commitObject(transaction, ...args),
    );
  }

  append(revision: number, ...args: Args<"append">): Promise<Answer<"append">> {
    const [, { content }] = args;
    return this.#add(revision, bodyBytesOf(content), (transaction) =>
      appendToObject(transaction, ...args),
    );
  }

  remove(
    revision: number,
    removals: readonly Removal[],
  ): Promise<ShardAnswer<readonly RemoveOutcome[]>> {
    return this.#write(revision, (transaction) =>
      removals.map((removal) => removeObject(transaction, removal)),
    );
  }

  change(revision: number, ...args: Args<"change">): Promise<Answer<"change">> {
    return this.#add(revision, 0, (transaction) => changeAttributes(transaction, ...args));
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
    const [, change] = args;
    const effect = (transaction: Transaction) => changeAnnotation(transaction, ...args);
    if (change.kind === "remove") return this.#write(revision, effect);
    return this.#add(revision, annotationBytesOf(change), effect);
  }

  rename(revision: number, rename: Rename): Promise<ShardAnswer<RenameOutcome>> {
    return this.#add(revision, 0, (transaction) => renameObject(transaction, rename));
  }

  createUpload(revision: number, ...args: Args<"createUpload">): Promise<Answer<"createUpload">> {
    return this.#add(revision, 0, (transaction) => createUpload(transaction, ...args));
  }

  findUpload(revision: number, ...args: Args<"findUpload">): Answer<"findUpload"> {
    return this.#answer(revision, () => findUpload(this.#shard.sql, ...args));
  }

  putPart(revision: number, ...args: Args<"putPart">): Promise<Answer<"putPart">> {
    const [, , , draft] = args;
    return this.#add(revision, partBytesOf(draft), (transaction) => putPart(transaction, ...args));
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
    return this.#add(revision, 0, (transaction) => completeUpload(transaction, ...args));
  }

  abortUpload(revision: number, ...args: Args<"abortUpload">): Promise<Answer<"abortUpload">> {
    return this.#write(revision, (transaction) => abortUpload(transaction, ...args));
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
    return this.#transact((transaction) => takeHold(transaction, contentId, token));
  }

  releaseHolds(tokens: readonly string[]): Promise<void> {
    return this.#transact((transaction) => dropHolds(transaction, tokens));
  }

  judgeHolds(tokens: readonly string[]): Promise<JudgedHolds> {
    return this.#transact((transaction) => judgeHolds(transaction, tokens));
  }

  sealIfEmpty(token: string): Promise<boolean> {
    return this.#transact((transaction) => sealIfEmpty(transaction, token));
  }

  unseal(token: string): Promise<void> {
    return this.#transact((transaction) => unseal(transaction, token));
  }

  override async alarm(): Promise<void> {
    await runDue(this.#jobTable, this.#jobs, Date.now());
  }

  /** An effect that makes room, or takes little. */
  #write<T>(revision: number, effect: (transaction: Transaction) => T): Promise<ShardAnswer<T>> {
    return this.#commit(() => this.#answer(revision, () => this.#perform(effect)));
  }

  /** An effect that adds data: refused when the shard is full. */
  #add<T>(
    revision: number,
    bodyBytes: number,
    effect: (transaction: Transaction) => T,
  ): Promise<ShardAnswer<T>> {
    return this.#commit(() => {
      const refusal = this.#refusal(revision);
      if (refusal !== undefined) return refusal;
      return this.#room.take(bodyBytes) ? { value: this.#perform(effect) } : { isFull: true };
    });
  }

  #transact<T>(effect: (transaction: Transaction) => T): Promise<T> {
    return this.#commit(() => this.#perform(effect));
  }

  /** What was read from a transaction that did not commit must not be remembered. */
  async #commit<T>(effect: () => T): Promise<T> {
    try {
      return await this.#commits.run(effect);
    } catch (error) {
      this.#shard.cache.clear();
      this.#jobTable.forget();
      throw error;
    }
  }

  #answer<T>(revision: number, effect: () => T): ShardAnswer<T> {
    return this.#refusal(revision) ?? { value: effect() };
  }

  /** @param revision of the configuration that the request was authorized under */
  #refusal(revision: number): Sealed | Outdated | undefined {
    const { state } = this.#shard;
    if (state.seal !== undefined) return { sealedBy: state.seal };
    if (state.revision === revision) return undefined;
    return { revision: state.revision, configuration: state.configuration };
  }

  #perform<T>(effect: (transaction: Transaction) => T): T {
    return perform(this.#shard, this.#jobTable, Date.now(), effect);
  }
}
