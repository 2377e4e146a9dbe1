import { log } from "../../../lib/log.ts";
import type { Slots } from "../../../lib/slots.ts";
import type { Delivery } from "../../events/delivery.ts";
import { type Circuit, circuitAfter, circuitOf, isOpen, keepCircuit } from "../outbox/circuits.ts";
import {
  countWaiting,
  forgetRow,
  type OutboxRow,
  postponeRow,
  waitingRows,
} from "../outbox/outbox.ts";
import { kindOf, type TargetKind, type TargetKinds } from "../outbox/target-kind.ts";
import type { ShardState } from "../shard-state.ts";
import type { Transact, Transaction } from "../transaction.ts";

/** Records that one run delivers to a target. */
const BATCH = 100;
/** Rows that it looks through for them: the first may be waiting. */
const WALK = 1000;
/** Deliveries to a target that are under way at once, as long as it takes them. */
const LANES = 4;
/** After so long a run begins no delivery more. */
const RUN_MS = 10_000;
const LONGEST_DELAY_MS = 15 * 60_000;
/** How long the records of a bucket that is gone are still tried. */
const AFTER_SEAL_MS = 3_600_000;
const TOO_MANY = "given up because too many wait";

export interface Outbox {
  readonly sql: SqlStorage;
  readonly state: ShardState;
  readonly transact: Transact;
  readonly kinds: TargetKinds;
  /** After how long a record that cannot be delivered is given up. */
  readonly retryMs: number;
  /** How long a target that fails is left alone, time and again. */
  readonly probeMs: number;
  /** Records that may wait for a target that fails. */
  readonly limit: number;
}

/** Behind the first row, those of its key that may follow it, in their order. */
type Lane = readonly [first: OutboxRow, ...rest: OutboxRow[]];

interface Outcome {
  readonly row: OutboxRow;
  readonly delivery: Delivery;
}

/**
 * Delivers what waits for a target, and schedules the job for what is left. Of one key the records go in their order, each after
 * the one before was taken. What was delivered is forgotten when the run ends: after a crash it is delivered again.
 */
export async function drainTarget(
  outbox: Outbox,
  connections: Slots,
  target: string,
  nowMs: number,
): Promise<void> {
  const { sql, transact } = outbox;
  const kind = kindOf(outbox.kinds, target);
  const was = circuitOf(sql, target);
  const lanes =
    was.dueMs > nowMs
      ? []
      : isOpen(was)
        ? lanesOf(waitingRows(sql, target, 1), Infinity, 1)
        : lanesOf(waitingRows(sql, target, WALK), nowMs, BATCH);
  const send = (rows: readonly OutboxRow[]): Promise<readonly Delivery[]> =>
    connections.run(() => kind.deliver(target, rows, nowMs));
  const after = (circuit: Circuit, deliveries: readonly Delivery[]): Circuit =>
    circuitAfter(circuit, callOf(deliveries), nowMs, outbox.probeMs);
  const { outcomes, circuit } = await deliverLanes(lanes, kind.batchOf(target), was, send, after);
  transact((transaction) => {
    settle(outbox, transaction, kind, target, outcomes, nowMs);
    keepCircuit(sql, target, was, circuit);
    if (circuit.failures > 0) giveUp(outbox, transaction, kind, target, nowMs);
    const dueMs = nextDueMs(sql, target, circuit, nowMs);
    if (dueMs !== undefined) transaction.schedule("outbox", dueMs);
  });
  tell(outbox.state.name, target, outcomes);
}

/** One line of what a run did; none when it did nothing. */
function tell(shard: string, target: string, outcomes: readonly Outcome[]): void {
  if (outcomes.length === 0) return;
  const failures = outcomes.flatMap(({ delivery }) => (delivery.ok ? [] : [delivery.reason]));
  const failed = failures.length;
  const done = { shard, target, delivered: outcomes.length - failed };
  if (failed === 0) log("log", "events delivered", done);
  else log("warn", "event not delivered", { ...done, failed, reason: failures[0] });
}

/** What may be delivered now, by key: behind a record that waits, all of its key wait. */
function lanesOf(rows: Iterable<OutboxRow>, nowMs: number, most: number): Lane[] {
  const waiting = new Set<string>();
  const lanes = new Map<string, [OutboxRow, ...OutboxRow[]]>();
  let count = 0;
  for (const row of rows) {
    if ((row.due_ms ?? 0) > nowMs) waiting.add(row.key);
    if (waiting.has(row.key)) continue;
    const lane = lanes.get(row.key);
    if (lane === undefined) lanes.set(row.key, [row]);
    else lane.push(row);
    count += 1;
    if (count === most) break;
  }
  return [...lanes.values()];
}

/** Takes the first rows of some lanes at a time, until the time for it is over or the target fails. */
async function deliverLanes(
  lanes: readonly Lane[],
  batchSize: number,
  was: Circuit,
  send: (rows: readonly OutboxRow[]) => Promise<readonly Delivery[]>,
  after: (circuit: Circuit, deliveries: readonly Delivery[]) => Circuit,
): Promise<{ readonly outcomes: readonly Outcome[]; readonly circuit: Circuit }> {
  const outcomes: Outcome[] = [];
  let circuit = was;
  const end = AbortSignal.timeout(RUN_MS);
  const left = [...lanes];
  const mayGoOn = (): boolean =>
    left.length > 0 && !end.aborted && (isOpen(was) || !isOpen(circuit));
  const work = async (): Promise<void> => {
    while (mayGoOn()) {
      const batch = left.splice(0, batchSize);
      const deliveries = await send(batch.map(([first]) => first));
      circuit = after(circuit, deliveries);
      for (const [i, [row, next, ...others]] of batch.entries()) {
        const delivery = deliveries[i] ?? { ok: false, reason: "the target said nothing of it" };
        outcomes.push({ row, delivery });
        if (delivery.ok && next !== undefined) left.push([next, ...others]);
      }
    }
  };
  // One that fails takes no more of the connections than it has to.
  await Promise.all(Array.from({ length: was.failures > 0 ? 1 : LANES }, work));
  return { outcomes, circuit };
}

/** Of the call as a whole: a target is there that takes anything, or knows that it never will. */
function callOf(deliveries: readonly Delivery[]): Pick<
  Extract<Delivery, { ok: false }>,
  "isGone"
> & {
  readonly ok: boolean;
} {
  return {
    ok: deliveries.some((delivery) => delivery.ok || delivery.isFinal === true),
    isGone: deliveries.some((delivery) => !delivery.ok && delivery.isGone === true),
  };
}

function settle(
  outbox: Outbox,
  transaction: Transaction,
  kind: TargetKind,
  target: string,
  outcomes: readonly Outcome[],
  nowMs: number,
): void {
  const { sql } = transaction;
  const taken = outcomes.filter(({ delivery }) => delivery.ok).map(({ row }) => row);
  kind.taken?.(transaction, target, taken);
  for (const { id } of taken) forgetRow(sql, target, id);
  for (const { row, delivery } of outcomes) {
    if (delivery.ok) continue;
    if (delivery.isFinal === true || isOver(outbox, row, nowMs))
      forgetGivenUp(transaction, kind, target, [row], delivery.reason);
    else {
      postponeRow(sql, target, row.id, nowMs + delayMs(row.attempts));
      kind.postponed?.(transaction, target, row);
    }
  }
}

/** Of a target that fails: what is too old is given up, and so is what is too much, the oldest first; what is left is postponed. */
function giveUp(
  outbox: Outbox,
  transaction: Transaction,
  kind: TargetKind,
  target: string,
  nowMs: number,
): void {
  const { sql, limit } = outbox;
  const oldest = [...waitingRows(sql, target, WALK)];
  const young = oldest.findIndex((row) => !isOver(outbox, row, nowMs));
  const old = young === -1 ? oldest : oldest.slice(0, young);
  forgetGivenUp(transaction, kind, target, old, "given up after the time for retries");
  const surplus = countWaiting(sql, target) - limit;
  const tooMany = surplus > 0 ? [...waitingRows(sql, target, Math.min(surplus, WALK))] : [];
  forgetGivenUp(transaction, kind, target, tooMany, TOO_MANY);
  if (kind.postponed !== undefined)
    for (const row of waitingRows(sql, target, WALK)) kind.postponed(transaction, target, row);
  const count = old.length + tooMany.length;
  if (count > 0) log("error", "events given up", { target, count });
}

function forgetGivenUp(
  transaction: Transaction,
  kind: TargetKind,
  target: string,
  rows: readonly OutboxRow[],
  reason: string,
): void {
  if (rows.length === 0) return;
  if (reason === TOO_MANY && kind.drop !== undefined) kind.drop(transaction, target);
  else kind.giveUp(transaction, target, rows, reason);
  for (const { id } of rows) forgetRow(transaction.sql, target, id);
}

function isOver({ state, retryMs }: Outbox, row: OutboxRow, nowMs: number): boolean {
  const patienceMs = state.seal === undefined ? retryMs : Math.min(retryMs, AFTER_SEAL_MS);
  return row.emitted_ms + patienceMs <= nowMs;
}

/** 1 s, 2 s, 4 s …, a fifth more or less, so that shards do not come all at once. */
function delayMs(attempts: number): number {
  const jitter = 0.8 + 0.4 * Math.random();
  return Math.min(LONGEST_DELAY_MS, 1000 * 2 ** Math.min(attempts, 20)) * jitter;
}

function nextDueMs(
  sql: SqlStorage,
  target: string,
  circuit: Circuit,
  nowMs: number,
): number | undefined {
  if (waitingRows(sql, target, 1).next().done === true) return undefined;
  if (circuit.dueMs > nowMs) return circuit.dueMs;
  if (lanesOf(waitingRows(sql, target, WALK), nowMs, 1).length > 0) return nowMs;
  const dueMs = [...waitingRows(sql, target, WALK)].map((row) => row.due_ms ?? Infinity);
  return Math.min(...dueMs);
}
