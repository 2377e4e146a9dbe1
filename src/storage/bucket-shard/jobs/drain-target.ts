import type { Slots } from "../../../lib/slots.ts";
import type { Delivery } from "../../events/delivery.ts";
import { type Circuit, circuitAfter, circuitOf, isOpen, keepCircuit } from "../outbox/circuits.ts";
import { backlogOf, countOn, keepBacklog, NO_BACKLOG, without } from "../outbox/backlog.ts";
import {
  hasOthers,
  inTurn,
  type Lane,
  nextLanes,
  passedOf,
  probeOf,
  WALK,
  type Walk,
} from "../outbox/next-lanes.ts";
import {
  forgetRow,
  hurryRows,
  isTried,
  nextRetry,
  type OutboxRow,
  postponeRow,
  waitingRows,
} from "../outbox/outbox.ts";
import { kindOf, type TargetKind, type TargetKinds } from "../outbox/target-kind.ts";
import type { ShardState } from "../shard-state.ts";
import type { Transact, Transaction } from "../transaction.ts";
import { tellOfJob } from "./job-log.ts";

/** Records that one run delivers to a target. */
const BATCH = 100;
/** Deliveries to a target that are under way at once, as long as it takes them. */
const LANES = 4;
/** After so long a run begins no delivery more. */
const RUN_MS = 10_000;
const LONGEST_DELAY_MS = 15 * 60_000;
/** How long the records of a bucket that is gone are still tried. */
const AFTER_SEAL_MS = 3_600_000;
const TOO_OLD = "given up after the time for retries";
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

interface Outcome {
  readonly row: OutboxRow;
  readonly delivery: Delivery;
}

/** While nothing may be sent to a target. */
const NO_WALK: Walk = { fresh: [], retries: [], rows: [], waiting: new Set(), isFull: false };

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
  const { passedUpTo } = backlogOf(sql, target);
  const most = isOpen(was) ? 1 : BATCH;
  const walk = was.dueMs > nowMs ? NO_WALK : nextLanes(sql, target, passedUpTo, nowMs, most);
  const lanes = isOpen(was) ? probeOf(sql, target, walk) : inTurn(walk);
  const send = (rows: readonly OutboxRow[]): Promise<readonly Delivery[]> =>
    connections.run(() => kind.deliver(target, rows, nowMs));
  // What is delivered anew since the walk goes first.
  const isNext = ([{ key, id }]: Lane): boolean => !isTried(sql, target, key, id);
  const after = (circuit: Circuit, deliveries: readonly Delivery[]): Circuit =>
    circuitAfter(circuit, callOf(deliveries), nowMs, outbox.probeMs);
  const { outcomes, circuit } = await deliverLanes(lanes, kind.batchOf(target), was, {
    send,
    after,
    isNext,
  });
  transact((transaction) => {
    const { gone, postponed } = settle(outbox, transaction, kind, target, outcomes, nowMs);
    keepCircuit(sql, target, was, circuit);
    if (isOpen(was) && circuit.failures === 0) hurryRows(sql, target, WALK, nowMs);
    const now = backlogOf(sql, target);
    const passed = passedOf(walk, passedUpTo, idsOf(gone), idsOf(postponed));
    // Somebody else may have changed what is in front.
    const isAsWalked =
      now.passedUpTo === passedUpTo && (passedUpTo > 0 || !hasOthers(sql, target, walk, passed));
    const settled = without(isAsWalked ? { ...now, passedUpTo: passed } : now, gone);
    const isLong = circuit.failures > 0 || now !== NO_BACKLOG || walk.rows.length === WALK;
    const { backlog, isAll } = isLong
      ? countOn(sql, target, settled)
      : { backlog: settled, isAll: true };
    const givenUp =
      circuit.failures > 0
        ? giveUp(outbox, transaction, kind, target, backlog.count, nowMs)
        : NOTHING_GIVEN_UP;
    const left = without(backlog, givenUp.gone);
    if (isLong) keepBacklog(sql, target, left);
    const goesOn = !isAll || givenUp.isMore;
    const dueMs = goesOn ? nowMs : nextDueMs(sql, target, circuit, left.passedUpTo, nowMs);
    if (dueMs !== undefined) transaction.schedule("outbox", dueMs);
  });
  tell(outbox.state.name, target, outcomes);
}

/** One line of what a run did; none when it did nothing. */
function tell(shard: string, target: string, outcomes: readonly Outcome[]): void {
  const failures = outcomes.flatMap(({ delivery }) => (delivery.ok ? [] : [delivery.reason]));
  const failed = failures.length;
  const delivered = outcomes.length - failed;
  if (failed === 0) tellOfJob(shard, "outbox", "done", { target, delivered });
  else tellOfJob(shard, "outbox", "delayed", { target, delivered, failed, reason: failures[0] });
}

interface Delivering {
  readonly send: (rows: readonly OutboxRow[]) => Promise<readonly Delivery[]>;
  readonly after: (circuit: Circuit, deliveries: readonly Delivery[]) => Circuit;
  /** False: a row of the key waits that is before all of the lane. */
  readonly isNext: (lane: Lane) => boolean;
}

/** Takes the first rows of some lanes at a time, until the time for it is over or the target fails. */
async function deliverLanes(
  lanes: readonly Lane[],
  batchSize: number,
  was: Circuit,
  { send, after, isNext }: Delivering,
): Promise<{ readonly outcomes: readonly Outcome[]; readonly circuit: Circuit }> {
  const outcomes: Outcome[] = [];
  let circuit = was;
  // Until then nothing can have come since the lanes were found.
  let hasWaited = false;
  const end = AbortSignal.timeout(RUN_MS);
  const left = [...lanes];
  const mayGoOn = (): boolean =>
    left.length > 0 && !end.aborted && (isOpen(was) || !isOpen(circuit));
  const work = async (): Promise<void> => {
    while (mayGoOn()) {
      const some = left.splice(0, batchSize);
      const batch = hasWaited ? some.filter(isNext) : some;
      if (batch.length === 0) continue;
      const deliveries = await send(batch.map(([first]) => first));
      hasWaited = true;
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

/** @returns the rows that are not there any more, and those that will be tried once more */
function settle(
  outbox: Outbox,
  transaction: Transaction,
  kind: TargetKind,
  target: string,
  outcomes: readonly Outcome[],
  nowMs: number,
): { readonly gone: readonly OutboxRow[]; readonly postponed: readonly OutboxRow[] } {
  const { sql } = transaction;
  const gone = outcomes.filter(({ delivery }) => delivery.ok).map(({ row }) => row);
  const postponed: OutboxRow[] = [];
  kind.taken?.(transaction, target, gone);
  for (const { id } of gone) forgetRow(sql, target, id);
  for (const { row, delivery } of outcomes) {
    if (delivery.ok) continue;
    if (delivery.isFinal === true || isOver(outbox, row, nowMs)) {
      forgetGivenUp(transaction, kind, target, [row], delivery.reason);
      gone.push(row);
    } else {
      postponeRow(sql, target, row.id, nowMs + delayMs(row.attempts));
      kind.postponed?.(transaction, target, row);
      postponed.push(row);
    }
  }
  return { gone, postponed };
}

function idsOf(rows: readonly OutboxRow[]): ReadonlySet<number> {
  return new Set(rows.map(({ id }) => id));
}

interface GivenUp {
  readonly gone: readonly OutboxRow[];
  /** There may be more that is too old or too much. */
  readonly isMore: boolean;
}

const NOTHING_GIVEN_UP: GivenUp = { gone: [], isMore: false };

/**
 * Of a target that fails: what is too old is given up, and so is what is too much, the oldest first; what is left is postponed.
 *
 * @param waiting how many rows there are
 */
function giveUp(
  outbox: Outbox,
  transaction: Transaction,
  kind: TargetKind,
  target: string,
  waiting: number,
  nowMs: number,
): GivenUp {
  const { sql, state, limit } = outbox;
  const old = rowsOver(outbox, target, nowMs);
  forgetGivenUp(transaction, kind, target, old, TOO_OLD);
  const surplus = waiting - old.length - limit;
  const tooMany = surplus > 0 ? [...waitingRows(sql, target, Math.min(surplus, WALK))] : [];
  forgetGivenUp(transaction, kind, target, tooMany, TOO_MANY);
  if (kind.postponed !== undefined)
    for (const row of waitingRows(sql, target, WALK)) kind.postponed(transaction, target, row);
  const gone = [...old, ...tooMany];
  for (const [reason, { length: events }] of [
    [TOO_OLD, old],
    [TOO_MANY, tooMany],
  ] as const)
    if (events > 0) tellOfJob(state.name, "outbox", "given up", { target, events, reason });
  return { gone, isMore: old.length === WALK || surplus > WALK };
}

/** The first that are too old, {@link WALK} at most. */
function rowsOver(outbox: Outbox, target: string, nowMs: number): readonly OutboxRow[] {
  const rows: OutboxRow[] = [];
  for (const row of waitingRows(outbox.sql, target, WALK)) {
    if (isOver(outbox, row, nowMs)) rows.push(row);
    // What follows happened later; but what was delivered anew has more time than that.
    else if (row.redriven_ms === null) break;
  }
  return rows;
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
  return (row.redriven_ms ?? row.emitted_ms) + patienceMs <= nowMs;
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
  passedUpTo: number,
  nowMs: number,
): number | undefined {
  if (waitingRows(sql, target, 1).next().done === true) return undefined;
  if (circuit.dueMs > nowMs) return circuit.dueMs;
  const { fresh, retries, isFull } = nextLanes(sql, target, passedUpTo, nowMs, 1);
  if (fresh.length + retries.length > 0 || isFull) return nowMs;
  return nextRetry(sql, target)?.due_ms ?? undefined;
}
