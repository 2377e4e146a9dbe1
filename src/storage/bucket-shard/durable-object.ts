// One method for each call of a shard: a list, which is as long as there are calls.
// oxlint-disable max-lines
import type { Engines } from "../ports/engines.ts";
import type { CreatedUpload } from "../ports/upload-index.ts";
import { DurableObject, tracing } from "cloudflare:workers";
import { readShardSettings } from "../../env.ts";
import { spansOf } from "../../lib/spans.ts";
import type { DeleteMarker, Located } from "../../protocol/object-record.ts";
import type {
  ListQuery,
  Removal,
  RemoveOutcome,
  Rename,
  RenameOutcome,
} from "../ports/bucket-index.ts";
import type { NotifyingBucket } from "../../protocol/events/event-record.ts";
import type { EventFilter, HeardEvents } from "../ports/event-listening.ts";
import type { ContentPartPage, Wanted } from "../ports/content-index.ts";
import type { ShardFigures } from "../ports/shard-figures.ts";
import type { ShardInspectionCalls, ShardRepairCalls } from "../ports/shard-inspection.ts";
import { stoppingOf } from "../blobs/local-bindings.ts";
import { migrate } from "../sql-migrations.ts";
import type { PackedObject } from "../wire/packed-object.ts";
import type { PackedPage } from "../wire/packed-page.ts";
import type { Known } from "../wire/known.ts";
import { gatewayRevisionOf, type PlainAnswer } from "../wire/protocol.ts";
import type { Elsewhere } from "../wire/growth.ts";
import type { Answer, Args, Full, ShardAnswer } from "../wire/shard-answer.ts";
import { appendLog } from "./access-log/log-batches.ts";
import { LogRoom } from "./access-log/log-room.ts";
import { inspectShard, repairShard } from "./inspection-calls.ts";
import { configureShard, type Told } from "./configure-shard.ts";
import { adoptBlob, dropHolds, takeHold } from "./contents/holds.ts";
import { listContentParts, locate } from "./contents/segments.ts";
import { ShardCounts } from "./counts/shard-counts.ts";
import { figuresOf } from "./figures.ts";
import {
  callGrowth,
  type GrowthArgs,
  type GrowthCallName,
  type GrowthValue,
} from "./growth/growth-calls.ts";
import { ShardGrowth } from "./growth/shard-growth.ts";
import { JobTable } from "./job-table.ts";
import { type JudgedHolds, judgeHolds } from "./jobs/hold-jobs.ts";
import { type Jobs, runDue } from "./jobs/jobs.ts";
import { shardJobs } from "./jobs/shard-jobs.ts";
import { nextScanMs } from "./lifecycle/next-scan.ts";
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
import { Listeners } from "./outbox/listeners.ts";
import { listDeadLetters, redrive } from "./outbox/dead-letters.ts";
import { resync } from "./replication/restart-replication.ts";
import { MIGRATIONS } from "./rows/schema.ts";
import { sealIfEmpty, unseal } from "./seal-shard.ts";
import { ShardCalls } from "./shard-calls.ts";
import { ShardConfiguration } from "./shard-configuration.ts";
import { annotationBytesOf, bodyBytesOf, noBody, partBytesOf, ShardRoom } from "./shard-room.ts";
import { ShardState } from "./shard-state.ts";
import type { Shard } from "./shard.ts";
import type { Transact, Transaction } from "./transaction.ts";
import { completeUpload } from "./uploads/complete-upload.ts";
import { listUploads } from "./uploads/list-uploads.ts";
import { abortUpload, createUpload, findUpload, listParts, putPart } from "./uploads/uploads.ts";

/**
 * One shard of a bucket's index, named `<bucket id>/<shard number>`: the only writer of its rows.
 * Every method is one transaction; writes that arrive together share one (see `group-commit.ts`). The first argument is
 * the call's stamp, the second, where objects are concerned, which revision of the shard part the gateway knows
 * (`wire/protocol.ts`).
 */
export class BucketIndexObject extends DurableObject {
  readonly #shard: Shard;
  readonly #calls: ShardCalls;
  readonly #jobTable: JobTable;
  readonly #jobs: Jobs;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    const { storage } = ctx;
    migrate(storage, MIGRATIONS);
    const settings = readShardSettings(env);
    const state = new ShardState(storage.sql, ctx.id.name);
    const counts = new ShardCounts(storage.sql);
    const cache = new ObjectCache(settings.cacheBytes);
    const configuration = new ShardConfiguration(storage.sql);
    const growth = new ShardGrowth(storage.sql, state.name);
    const room = new ShardRoom(storage.sql, settings.limitBytes);
    const logRoom = new LogRoom(storage.sql);
    const listeners = new Listeners(Date.now(), stoppingOf(env));
    const rows = { sql: storage.sql, state, counts, configuration, growth, cache };
    this.#shard = { ...rows, listeners, settings, room, logRoom };
    this.#jobTable = new JobTable(storage);
    this.#calls = new ShardCalls(this.#shard, storage, this.#jobTable);
    const engines = (): Engines => ctx.exports.Engines;
    const transact: Transact = (effect) => this.#calls.alone(effect);
    const waitUntil = (promise: Promise<unknown>): void => ctx.waitUntil(promise);
    const sync = (): Promise<void> => storage.sync();
    this.#jobs = shardJobs(this.#shard, env, engines, transact, waitUntil, sync);
  }

  /** Called when the bucket is made, too, so that even a shard that is never written to is swept. */
  async configure(stamp: number, ...told: Told): Promise<PlainAnswer<void>> {
    const answer = await this.#calls.transact(stamp, (transaction) =>
      configureShard(transaction, gatewayRevisionOf(stamp), ...told),
    );
    // Whoever listens is told that there are more shards before anything happens in them.
    this.#shard.listeners.wake();
    return answer;
  }

  read(
    stamp: number,
    known: Known,
    key: string,
    wanted: Wanted,
  ): ShardAnswer<PackedObject | DeleteMarker | undefined> {
    return this.#calls.answer(stamp, known, () => readObject(this.#shard, key, wanted), key);
  }

  list(stamp: number, known: Known, query: ListQuery): ShardAnswer<PackedPage> {
    return this.#calls.answer(stamp, known, () => listObjects(this.#shard.sql, query));
  }

  commit(stamp: number, known: Known, ...args: Args<"commit">): Promise<Answer<"commit">> {
    const bodyBytes = (): number => bodyBytesOf(args[1].content);
    const effect = (transaction: Transaction) => commitObject(transaction, ...args);
    return this.#calls.add(stamp, known, bodyBytes, effect, args[0]);
  }

  append(stamp: number, known: Known, ...args: Args<"append">): Promise<Answer<"append">> {
    const bodyBytes = (): number => bodyBytesOf(args[1].content);
    const effect = (transaction: Transaction) => appendToObject(transaction, ...args);
    return this.#calls.add(stamp, known, bodyBytes, effect, args[0]);
  }

  remove(
    stamp: number,
    known: Known,
    removals: readonly Removal[],
  ): Promise<ShardAnswer<readonly (RemoveOutcome | Elsewhere)[]>> {
    const { growth } = this.#shard;
    return this.#calls.write(stamp, known, (transaction) =>
      removals.map(
        (removal) => growth.elsewhere(removal.key, false) ?? removeObject(transaction, removal),
      ),
    );
  }

  change(stamp: number, known: Known, ...args: Args<"change">): Promise<Answer<"change">> {
    const effect = (transaction: Transaction) => changeAttributes(transaction, ...args);
    return this.#calls.add(stamp, known, noBody, effect, args[0]);
  }

  listVersions(stamp: number, known: Known, ...args: Args<"listVersions">): Answer<"listVersions"> {
    return this.#calls.answer(stamp, known, () => listVersions(this.#shard.sql, ...args));
  }

  readAnnotation(
    stamp: number,
    known: Known,
    ...args: Args<"readAnnotation">
  ): Answer<"readAnnotation"> {
    const read = () => readAnnotation(this.#shard, ...args);
    return this.#calls.answer(stamp, known, read, args[0].key);
  }

  listAnnotations(
    stamp: number,
    known: Known,
    ...args: Args<"listAnnotations">
  ): Answer<"listAnnotations"> {
    const read = () => listAnnotations(this.#shard, ...args);
    return this.#calls.answer(stamp, known, read, args[0].key);
  }

  changeAnnotation(
    stamp: number,
    known: Known,
    ...args: Args<"changeAnnotation">
  ): Promise<Answer<"changeAnnotation">> {
    const [{ key }, change] = args;
    const effect = (transaction: Transaction) => changeAnnotation(transaction, ...args);
    if (change.kind === "remove") return this.#calls.write(stamp, known, effect, key);
    return this.#calls.add(stamp, known, () => annotationBytesOf(change), effect, key);
  }

  rename(stamp: number, known: Known, rename: Rename): Promise<ShardAnswer<RenameOutcome>> {
    const effect = (transaction: Transaction) => renameObject(transaction, rename);
    return this.#calls.add(stamp, known, noBody, effect, rename.sourceKey, rename.key);
  }

  createUpload(
    stamp: number,
    known: Known,
    ...args: Args<"createUpload">
  ): Promise<Answer<"createUpload"> | ShardAnswer<string>> {
    const effect = (transaction: Transaction) => createUpload(transaction, ...args);
    return this.#calls.add<CreatedUpload | string>(
      stamp,
      known,
      noBody,
      effect,
      args[0],
    ) as Promise<Answer<"createUpload"> | ShardAnswer<string>>;
  }

  findUpload(stamp: number, known: Known, ...args: Args<"findUpload">): Answer<"findUpload"> {
    const read = () => findUpload(this.#shard.sql, ...args);
    return this.#calls.answer(stamp, known, read, args[0]);
  }

  putPart(stamp: number, known: Known, ...args: Args<"putPart">): Promise<Answer<"putPart">> {
    const bodyBytes = (): number => partBytesOf(args[3]);
    const effect = (transaction: Transaction) => putPart(transaction, ...args);
    return this.#calls.add(stamp, known, bodyBytes, effect, args[0]);
  }

  listParts(stamp: number, known: Known, ...args: Args<"listParts">): Answer<"listParts"> {
    return this.#calls.answer(stamp, known, () => listParts(this.#shard, ...args), args[0]);
  }

  listUploads(stamp: number, known: Known, ...args: Args<"listUploads">): Answer<"listUploads"> {
    return this.#calls.answer(stamp, known, () => listUploads(this.#shard.sql, ...args));
  }

  completeUpload(
    stamp: number,
    known: Known,
    ...args: Args<"completeUpload">
  ): Promise<Answer<"completeUpload">> {
    const effect = (transaction: Transaction) => completeUpload(transaction, ...args);
    return this.#calls.add(stamp, known, noBody, effect, args[0]);
  }

  abortUpload(
    stamp: number,
    known: Known,
    ...args: Args<"abortUpload">
  ): Promise<Answer<"abortUpload">> {
    const effect = (transaction: Transaction) => abortUpload(transaction, ...args);
    return this.#calls.write(stamp, known, effect, args[0]);
  }

  listDeadLetters(stamp: number, known: Known): Answer<"listDeadLetters"> {
    return this.#calls.answer(stamp, known, () => listDeadLetters(this.#shard.sql));
  }

  /** Whoever listens calls again and again: {@link Listeners.take}. */
  takeEvents(
    stamp: number,
    known: Known,
    bucket: NotifyingBucket,
    filter: EventFilter,
    after: number | undefined,
    waitMs: number,
    knownShards = Infinity,
  ): Promise<ShardAnswer<HeardEvents>> {
    const { listeners, growth } = this.#shard;
    return this.#calls.answerLater(stamp, known, async () => {
      const isMore = (growth.growth?.after ?? 0) > knownShards;
      const heard = await listeners.take(bucket, filter, after, isMore ? 0 : waitMs, Date.now());
      const shardCount = growth.growth?.after;
      return shardCount === undefined ? heard : { ...heard, shardCount };
    });
  }

  redrive(stamp: number, known: Known): Promise<Answer<"redrive">> {
    return this.#calls.write(stamp, known, redrive);
  }

  resync(stamp: number, known: Known): Promise<Answer<"resync">> {
    return this.#calls.write(stamp, known, resync);
  }

  /** One of {@link ShardInspectionCalls}, by its name. */
  inspect<Name extends keyof ShardInspectionCalls>(
    stamp: number,
    name: Name,
    args: Parameters<ShardInspectionCalls[Name]>,
  ): PlainAnswer<ReturnType<ShardInspectionCalls[Name]>> {
    return this.#calls.tell(stamp, () => inspectShard(this.#shard, name, args));
  }

  /** One of {@link ShardRepairCalls}, by its name. */
  repair<Name extends keyof ShardRepairCalls>(
    stamp: number,
    name: Name,
    args: Parameters<ShardRepairCalls[Name]>,
  ): Promise<PlainAnswer<ReturnType<ShardRepairCalls[Name]>>> {
    return this.#calls.transact(stamp, (transaction) => repairShard(transaction, name, args));
  }

  appendLog(stamp: number, known: Known, ...args: Args<"appendLog">): Promise<Answer<"appendLog">> {
    const bodyBytes = (): number => args[0].lines.length;
    return this.#calls.add(stamp, known, bodyBytes, (transaction) =>
      appendLog(transaction, ...args),
    );
  }

  // Contents outlive their objects, and their bucket, as long as somebody reads them or refers to them: what follows
  // is answered by a sealed shard, too.

  locate(
    stamp: number,
    contentId: string,
    sizeBytes: number,
    wanted: Wanted,
  ): PlainAnswer<Located> {
    return this.#calls.tell(stamp, () => locate(this.#shard.sql, contentId, sizeBytes, wanted));
  }

  listContentParts(
    stamp: number,
    contentId: string,
    after: number,
    limit: number,
  ): PlainAnswer<ContentPartPage> {
    return this.#calls.tell(stamp, () =>
      listContentParts(this.#shard.sql, contentId, after, limit),
    );
  }

  takeHold(stamp: number, contentId: string, token: string): Promise<PlainAnswer<boolean> | Full> {
    return this.#calls.addSpare(stamp, (transaction) => takeHold(transaction, contentId, token));
  }

  /** The key of this new blob has moved since its name was made: it becomes this shard's, and held. @returns false: swept */
  adoptBlob(stamp: number, blobId: string, token: string): Promise<PlainAnswer<boolean> | Full> {
    return this.#calls.addSpare(stamp, (transaction) => adoptBlob(transaction, blobId, token));
  }

  /** What shards of a bucket that grows ask of each other, by its name. */
  grow<Name extends GrowthCallName>(
    stamp: number,
    name: Name,
    args: GrowthArgs<Name>,
  ): Promise<PlainAnswer<GrowthValue<Name>>> {
    return this.#calls.transact(stamp, (transaction) => callGrowth(transaction, name, args));
  }

  releaseHolds(stamp: number, tokens: readonly string[]): Promise<PlainAnswer<void>> {
    return this.#calls.transact(stamp, (transaction) => dropHolds(transaction, tokens));
  }

  judgeHolds(stamp: number, tokens: readonly string[]): Promise<PlainAnswer<JudgedHolds>> {
    return this.#calls.transact(stamp, (transaction) => judgeHolds(transaction, tokens));
  }

  sealIfEmpty(stamp: number, token: string): Promise<PlainAnswer<boolean>> {
    return this.#calls.transact(stamp, (transaction) => sealIfEmpty(transaction, token));
  }

  unseal(stamp: number, token: string): Promise<PlainAnswer<void>> {
    return this.#calls.transact(stamp, (transaction) => unseal(transaction, token));
  }

  /** What it tells of itself for the metrics. */
  async figures(stamp: number): Promise<PlainAnswer<ShardFigures>> {
    const counted = await this.#shard.counts.ask();
    const asked = { ...this.#shard, counted, jobs: this.#jobTable, nowMs: Date.now() };
    return this.#calls.tell(stamp, () => figuresOf(asked));
  }

  override async alarm(): Promise<void> {
    const nowMs = Date.now();
    const { configuration, state } = this.#shard;
    // Code that did not know of rules may have been told them: it kept them, and scheduled nothing.
    if (configuration.lifecycle !== undefined && state.seal === undefined)
      this.#jobTable.schedule("lifecycle", nextScanMs(this.#shard, nowMs));
    const spans = spansOf({ tracing });
    spans?.tell({ "ledge.shard": state.name });
    await runDue(state.name, this.#jobTable, this.#jobs, nowMs, spans);
  }
}
