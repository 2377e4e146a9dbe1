import { REPLICATION_TARGET } from "../../../protocol/replication/replication-rules.ts";
import type { Delivery } from "../../events/delivery.ts";
import type { Engines } from "../../ports/engines.ts";
import type { ReplicatedVersion, ReplicationTask } from "../../ports/replication.ts";
import { bury } from "../outbox/dead-letters.ts";
import type { OutboxRow } from "../outbox/outbox.ts";
import type { TargetKind } from "../outbox/target-kind.ts";
import {
  type ReplicationRecord,
  readRecord,
  writeRecord,
} from "../replication/replication-record.ts";
import { tellOfReplication, THRESHOLD_MS } from "../replication/replication-events.ts";
import { settleVersion } from "../replication/settle-version.ts";
import { countFailures, scanAgain } from "../replication/target-state.ts";
import { versionToReplicate } from "../replication/version-to-replicate.ts";
import { findVersion, type FoundVersion } from "../rows/find-object.ts";
import type { Shard } from "../shard.ts";
import type { Transaction } from "../transaction.ts";
import { bucketIdOf } from "../../wire/shard-name.ts";

/** Versions of one call, each of another key. */
const BATCH = 32;
/** What one call brings of inline bytes, roughly; it may have 32 MiB. */
const CALL_BYTES = 8 * 1024 * 1024;

const DONE: Delivery = { ok: true };
const UNRULED: Delivery = { ok: false, reason: "no rule is about it any more", isFinal: true };

interface Sent {
  /** Of the row. */
  readonly at: number;
  readonly version: ReplicatedVersion;
}

/** Destinations of replication get versions as they are when they are delivered, by a gateway. */
export function replicationTargetKind(shard: Shard, engines: () => Engines): TargetKind {
  return {
    batchOf: () => BATCH,
    async deliver(target, rows) {
      const deliveries: Delivery[] = rows.map(() => DONE);
      const sent: Sent[] = [];
      for (const [at, { key, record }] of rows.entries()) {
        const read = readRecord(record);
        const rule = shard.configuration.replication?.ruleOf(target, read.rule);
        const version = rule && versionToReplicate(shard, key, read, rule);
        if (rule === undefined) deliveries[at] = UNRULED;
        // One that is gone has nothing to replicate.
        else if (version !== undefined) sent.push({ at, version });
      }
      for (const call of callsOf(sent)) {
        const answers = await replicate(shard, engines, target, call);
        for (const [i, { at }] of call.entries()) deliveries[at] = answers[i] ?? UNANSWERED;
      }
      return deliveries;
    },
    taken(transaction, target, rows) {
      for (const { key, record, emitted_ms: emittedMs } of rows) {
        const read = readRecord(record);
        const found = settleVersion(transaction, target, key, read, "COMPLETED");
        if (found !== undefined && transaction.nowMs - emittedMs > THRESHOLD_MS)
          tell(transaction, target, read, found, emittedMs, {
            kind: "OperationReplicatedAfterThreshold",
          });
      }
    },
    postponed(transaction, target, row) {
      const { key, record, emitted_ms: emittedMs } = row;
      if (transaction.nowMs - emittedMs <= THRESHOLD_MS) return;
      const read = readRecord(record);
      if (read.isToldLate === true) return;
      rewrite(transaction, target, row, { ...read, isToldLate: true });
      const found = findVersion(transaction.sql, key, read.versionId);
      if (found !== undefined)
        tell(transaction, target, read, found, emittedMs, { kind: "OperationMissedThreshold" });
    },
    giveUp(transaction, target, rows, reason) {
      countFailures(transaction.sql, target, rows.length);
      for (const row of rows) {
        const { key, record, emitted_ms: emittedMs } = row;
        const read = readRecord(record);
        // Whoever has it delivered once more does so after newer versions.
        rewrite(transaction, target, row, { ...read, isLate: true });
        const found = settleVersion(transaction, target, key, read, "FAILED");
        const kind = "OperationFailedReplication";
        if (found !== undefined)
          tell(transaction, target, read, found, emittedMs, { kind, reason });
      }
      bury(transaction.sql, target, rows, reason);
    },
    // Nothing is lost: their rows say that they are pending, and a scan finds them.
    drop: (transaction, target) => scanAgain(transaction, target, "pending"),
  };
}

const UNANSWERED: Delivery = { ok: false, reason: "nothing was said of it" };

function* callsOf(sent: readonly Sent[]): Generator<readonly Sent[], void> {
  let call: Sent[] = [];
  let bytes = 0;
  for (const each of sent) {
    const { object } = each.version;
    const inlineBytes = object?.content.kind === "inline" ? object.content.bytes.byteLength : 0;
    if (call.length > 0 && bytes + inlineBytes > CALL_BYTES) {
      yield call;
      call = [];
      bytes = 0;
    }
    call.push(each);
    bytes += inlineBytes;
  }
  if (call.length > 0) yield call;
}

async function replicate(
  { configuration, state }: Shard,
  engines: () => Engines,
  target: string,
  call: readonly Sent[],
): Promise<readonly Delivery[]> {
  const { replication: rules } = configuration;
  if (rules === undefined) return call.map(() => UNRULED);
  const { name } = state;
  const task: ReplicationTask = {
    source: { ...rules.bucket, bucketId: bucketIdOf(name) },
    destination: target.slice(REPLICATION_TARGET.length),
    ownerId: rules.ownerOf(target),
    role: rules.role,
    versions: call.map(({ version }) => version),
  };
  try {
    const answers = await engines().replicate(task);
    return answers.map((answer) =>
      answer.kind === "done"
        ? DONE
        : { ok: false, reason: answer.reason, isFinal: answer.kind === "refused" },
    );
  } catch (error) {
    return call.map(() => ({ ok: false, reason: String(error) }));
  }
}

function tell(
  transaction: Transaction,
  target: string,
  { rule: id }: ReplicationRecord,
  found: FoundVersion,
  emittedMs: number,
  happened: Parameters<typeof tellOfReplication>[4],
): void {
  const rule = transaction.configuration.replication?.ruleOf(target, id);
  if (rule !== undefined) tellOfReplication(transaction, rule, found, emittedMs, happened);
}

function rewrite(
  { sql }: Transaction,
  target: string,
  { id }: OutboxRow,
  record: ReplicationRecord,
): void {
  const statement = "UPDATE outbox SET record = ? WHERE target = ? AND id = ?";
  sql.exec(statement, writeRecord(record), target, id);
}
