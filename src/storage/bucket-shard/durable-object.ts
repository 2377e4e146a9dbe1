import { DurableObject } from "cloudflare:workers";
import { readShardSettings } from "../../env.ts";
import type { DeleteMarker, Located } from "../../protocol/object-record.ts";
import type { ShardPart } from "../ports/bucket-directory.ts";
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
import {
  gatewayRevisionOf,
  type PlainAnswer,
  type UnknownProtocol,
  unknownProtocol,
} from "../wire/protocol.ts";
import type { Answer, Args, Full, Outdated, Sealed, ShardAnswer } from "../wire/shard-answer.ts";
import { configureShard } from "./configure-shard.ts";
import { dropHolds, takeHold } from "./contents/holds.ts";
import { listContentParts, locate } from "./contents/segments.ts";
import { GroupCommit } from "./group-commit.ts";
import { JobTable } from "./job-table.ts";
import { type JudgedHolds, judgeHolds } from "./jobs/hold-jobs.ts";
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
import { sealIfEmpty, unseal } from "./seal-shard.ts";
import { ShardConfiguration } from "./shard-configuration.ts";
import { annotationBytesOf, bodyBytesOf, partBytesOf, ShardRoom } from "./shard-room.ts";
import { ShardState } from "./shard-state.ts";
import type { Shard } from "./shard.ts";
import { perform, type Transaction } from "./transaction.ts";
import { completeUpload } from "./uploads/complete-upload.ts";
import { listUploads } from "./uploads/list-uploads.ts";
import { abortUpload, createUpload, findUpload, listParts, putPart } from "./uploads/uploads.ts";

/**
 * One shard of a bucket's index, named `<bucket id>/<shard number>`: the only writer of its rows.
 * Every method is one transaction; writes that arrive together share one (see {@link GroupCommit}). The first argument is
 * the call's stamp, the second, where objects are concerned, which revision of the shard part the gateway knows
 * (`wire/protocol.ts`).
 */
export class BucketIndexObject extends DurableObject {
  readonly #shard: Shard;
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
    const configuration = new ShardConfiguration(storage.sql);
    const room = new ShardRoom(storage.sql, settings.limitBytes);
    this.#shard = { sql: storage.sql, state, configuration, cache, settings, room };
    this.#commits = new GroupCommit(storage, state);
    this.#jobTable = new JobTable(storage);
    this.#jobs = shardJobs(this.#shard, env, (effect) =>
      storage.transactionSync(() => this.#perform(effect)),
    );
  }

  /** Called when the bucket is made, too, so that even a shard that is never written to is swept. */
  configure(stamp: number, part: ShardPart | undefined): Promise<PlainAnswer<void>> {
    return this.#transact(stamp, (transaction) =>
      configureShard(transaction, gatewayRevisionOf(stamp), part),
    );
  }

  read(
    stamp: number,
    known: number,
    key: string,
    wanted: Wanted,
  ): ShardAnswer<PackedObject | DeleteMarker | undefined> {
    return this.#answer(stamp, known, () => readObject(this.#shard, key, wanted));
  }

  list(stamp: number, known: number, query: ListQuery): ShardAnswer<PackedPage> {
    return this.#answer(stamp, known, () => listObjects(this.#shard.sql, query));
  }

  commit(stamp: number, known: number, ...args: Args<"commit">): Promise<Answer<"commit">> {
    const bodyBytes = (): number => bodyBytesOf(args[1].content);
    return this.#add(stamp, known, bodyBytes, (transaction) => commitObject(transaction, ...args));
  }

  append(stamp: number, known: number, ...args: Args<"append">): Promise<Answer<"append">> {
    const bodyBytes = (): number => bodyBytesOf(args[1].content);
    return this.#add(stamp, known, bodyBytes, (transaction) =>
      appendToObject(transaction, ...args),
    );
  }

  remove(
    stamp: number,
    known: number,
    removals: readonly Removal[],
  ): Promise<ShardAnswer<readonly RemoveOutcome[]>> {
    return this.#write(stamp, known, (transaction) =>
      removals.map((removal) => removeObject(transaction, removal)),
    );
  }

  change(stamp: number, known: number, ...args: Args<"change">): Promise<Answer<"change">> {
    return this.#add(stamp, known, noBody, (transaction) => changeAttributes(transaction, ...args));
  }

  listVersions(
    stamp: number,
    known: number,
    ...args: Args<"listVersions">
  ): Answer<"listVersions"> {
    return this.#answer(stamp, known, () => listVersions(this.#shard.sql, ...args));
  }

  readAnnotation(
    stamp: number,
    known: number,
    ...args: Args<"readAnnotation">
  ): Answer<"readAnnotation"> {
    return this.#answer(stamp, known, () => readAnnotation(this.#shard, ...args));
  }

  listAnnotations(
    stamp: number,
    known: number,
    ...args: Args<"listAnnotations">
  ): Answer<"listAnnotations"> {
    return this.#answer(stamp, known, () => listAnnotations(this.#shard, ...args));
  }

  changeAnnotation(
    stamp: number,
    known: number,
    ...args: Args<"changeAnnotation">
  ): Promise<Answer<"changeAnnotation">> {
    const [, change] = args;
    const effect = (transaction: Transaction) => changeAnnotation(transaction, ...args);
    if (change.kind === "remove") return this.#write(stamp, known, effect);
    return this.#add(stamp, known, () => annotationBytesOf(change), effect);
  }

  rename(stamp: number, known: number, rename: Rename): Promise<ShardAnswer<RenameOutcome>> {
    return this.#add(stamp, known, noBody, (transaction) => renameObject(transaction, rename));
  }

  createUpload(
    stamp: number,
    known: number,
    ...args: Args<"createUpload">
  ): Promise<Answer<"createUpload">> {
    return this.#add(stamp, known, noBody, (transaction) => createUpload(transaction, ...args));
  }

  findUpload(stamp: number, known: number, ...args: Args<"findUpload">): Answer<"findUpload"> {
    return this.#answer(stamp, known, () => findUpload(this.#shard.sql, ...args));
  }

  putPart(stamp: number, known: number, ...args: Args<"putPart">): Promise<Answer<"putPart">> {
    const bodyBytes = (): number => partBytesOf(args[3]);
    return this.#add(stamp, known, bodyBytes, (transaction) => putPart(transaction, ...args));
  }

  listParts(stamp: number, known: number, ...args: Args<"listParts">): Answer<"listParts"> {
    return this.#answer(stamp, known, () => listParts(this.#shard.sql, ...args));
  }

  listUploads(stamp: number, known: number, ...args: Args<"listUploads">): Answer<"listUploads"> {
    return this.#answer(stamp, known, () => listUploads(this.#shard.sql, ...args));
  }

  completeUpload(
    stamp: number,
    known: number,
    ...args: Args<"completeUpload">
  ): Promise<Answer<"completeUpload">> {
    return this.#add(stamp, known, noBody, (transaction) => completeUpload(transaction, ...args));
  }

  abortUpload(
    stamp: number,
    known: number,
    ...args: Args<"abortUpload">
  ): Promise<Answer<"abortUpload">> {
    return this.#write(stamp, known, (transaction) => abortUpload(transaction, ...args));
  }

  // Contents outlive their objects, and their bucket, as long as somebody reads them or refers to them: what follows
  // is answered by a sealed shard, too.

  locate(
    stamp: number,
    contentId: string,
    sizeBytes: number,
    wanted: Wanted,
  ): PlainAnswer<Located> {
    return this.#tell(stamp, () => locate(this.#shard.sql, contentId, sizeBytes, wanted));
  }

  listContentParts(
    stamp: number,
    contentId: string,
    after: number,
    limit: number,
  ): PlainAnswer<ContentPartPage> {
    return this.#tell(stamp, () => listContentParts(this.#shard.sql, contentId, after, limit));
  }

  takeHold(stamp: number, contentId: string, token: string): Promise<PlainAnswer<boolean> | Full> {
    const effect = (transaction: Transaction) => takeHold(transaction, contentId, token);
    return this.#commit(() => {
      const unknown = unknownProtocol(stamp);
      if (unknown !== undefined) return unknown;
      return this.#shard.room.takeSpare() ? { value: this.#perform(effect) } : { isFull: true };
    });
  }

  releaseHolds(stamp: number, tokens: readonly string[]): Promise<PlainAnswer<void>> {
    return this.#transact(stamp, (transaction) => dropHolds(transaction, tokens));
  }

  judgeHolds(stamp: number, tokens: readonly string[]): Promise<PlainAnswer<JudgedHolds>> {
    return this.#transact(stamp, (transaction) => judgeHolds(transaction, tokens));
  }

  sealIfEmpty(stamp: number, token: string): Promise<PlainAnswer<boolean>> {
    return this.#transact(stamp, (transaction) => sealIfEmpty(transaction, token));
  }

  unseal(stamp: number, token: string): Promise<PlainAnswer<void>> {
    return this.#transact(stamp, (transaction) => unseal(transaction, token));
  }

  override async alarm(): Promise<void> {
    await runDue(this.#jobTable, this.#jobs, Date.now());
  }

  /** An effect that makes room, or takes little. */
  #write<T>(
    stamp: number,
    known: number,
    effect: (transaction: Transaction) => T,
  ): Promise<ShardAnswer<T>> {
    return this.#commit(() => this.#answer(stamp, known, () => this.#perform(effect)));
  }

  /** An effect that adds data: refused when the shard is full. */
  #add<T>(
    stamp: number,
    known: number,
    bodyBytes: () => number,
    effect: (transaction: Transaction) => T,
  ): Promise<ShardAnswer<T>> {
    return this.#commit(() => {
      const refusal = this.#refusal(stamp, known);
      if (refusal !== undefined) return refusal;
      return this.#shard.room.take(bodyBytes())
        ? { value: this.#perform(effect) }
        : { isFull: true };
    });
  }

  /** An effect that no seal and no configuration has a say in. */
  #transact<T>(stamp: number, effect: (transaction: Transaction) => T): Promise<PlainAnswer<T>> {
    return this.#commit(() => this.#tell(stamp, () => this.#perform(effect)));
  }

  #tell<T>(stamp: number, effect: () => T): PlainAnswer<T> {
    return unknownProtocol(stamp) ?? { value: effect() };
  }

  /** What was read from a transaction that did not commit must not be remembered. */
  async #commit<T>(effect: () => T): Promise<T> {
    try {
      return await this.#commits.run(effect);
    } catch (error) {
      this.#shard.cache.clear();
      this.#shard.configuration.reload();
      this.#jobTable.forget();
      throw error;
    }
  }

  #answer<T>(stamp: number, known: number, effect: () => T): ShardAnswer<T> {
    return this.#refusal(stamp, known) ?? { value: effect() };
  }

  /**
   * What shards decide with is this shard's own, if the gateway knows nothing newer. What gateways decide with has to be
   * what the shard has heard of: the decision was the gateway's.
   *
   * @param known the revision of the shard part that the gateway knows
   */
  #refusal(stamp: number, known: number): UnknownProtocol | Sealed | Outdated | undefined {
    const { state, configuration } = this.#shard;
    const unknown = unknownProtocol(stamp);
    if (unknown !== undefined) return unknown;
    if (state.seal !== undefined) return { sealedBy: state.seal };
    const { gatewayRevision, shardRevision } = configuration;
    if (gatewayRevision === gatewayRevisionOf(stamp) && known <= shardRevision) return undefined;
    return { gatewayRevision, shardRevision };
  }

  #perform<T>(effect: (transaction: Transaction) => T): T {
    return perform(this.#shard, this.#jobTable, Date.now(), effect);
  }
}

function noBody(): number {
  return 0;
}
