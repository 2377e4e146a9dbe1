import { log } from "../../../lib/log.ts";
import type { EventTargets } from "../../../protocol/events/event-targets.ts";
import { deliverRecord } from "../../events/deliver-event.ts";
import type { Delivery } from "../../events/post-event.ts";
import { bury } from "../outbox/dead-letters.ts";
import { type Circuit, circuitAfter, circuitOf, isOpen, keepCircuit } from "../outbox/circuits.ts";
import {
  forgetRow,
  type OutboxRow,
  postponeRow,
  waitingRows,
  waitingTargets,
} from "../outbox/outbox.ts";
import type { ShardState } from "../shard-state.ts";
import type { Transact } from "../transaction.ts";

/** Records that one run delivers to a target. */
const BATCH = 100;
/** Rows that it looks through for them: the first may be waiting. */
const WALK = 1000;
/** Keys of a target that are told of at once. workerd lets six connections be open. */
const LANES = 4;
/** After so long a run begins no delivery more: the shard has other jobs. */
const RUN_MS = 10_000;
const LONGEST_DELAY_MS = 15 * 60_000;
/** How long the records of a bucket that is gone are still tried. */
const AFTER_SEAL_MS = 3_600_000;

interface Outbox {
  readonly sql: SqlStorage;
  readonly state: ShardState;
  readonly transact: Transact;
  readonly targets: EventTargets;
  /** After how long a record that cannot be delivered is given up. */
  readonly retryMs: number;
  /** How long a target that fails is left alone, time and again. */
  readonly probeMs: number;
  /** Records that may wait for a target that fails. */
  readonly limit: number;
}

/**
 * Delivers what waits, to all targets at once. Of one key and target the records go in their order, each after the one before
 * was taken. What was delivered is forgotten when the run ends: after a crash it is delivered again.
 */
export async function drainOutbox(outbox: Outbox, nowMs: number): Promise<number | undefined> {
  const runs = waitingTargets(outbox.sql).map((target) => drainTarget(outbox, target, nowMs));
  const againMs = (await Promise.all(runs)).filter((time) => time !== undefined);
  return againMs.length === 0 ? undefined : Math.min(...againMs);
}

async function drainTarget(
  outbox: Outbox,
  target: string,
  nowMs: number,
): Promise<number | undefined> {
  const { sql, transact } = outbox;
  const was = circuitOf(sql, target);
  if (was.dueMs > nowMs) return was.dueMs;
  const lanes = isOpen(was)
    ? [[...waitingRows(sql, target, 1)]]
    : lanesOf(waitingRows(sql, target, WALK), nowMs, BATCH);
  const { outcomes, circuit } = await deliver(outbox, target, lanes, was, nowMs);
  transact(() => {
    for (const { row, delivery } of outcomes)
      if (delivery.ok) forgetRow(sql, target, row.id);
      else if (isOver(outbox, row, nowMs)) bury(sql, target, [row], delivery.reason);
      else postponeRow(sql, target, row.id, nowMs + delayMs(row.attempts));
    keepCircuit(sql, target, was, circuit);
    if (circuit.failures > 0) giveUp(outbox, target, nowMs);
  });
  const failure = outcomes.find(({ delivery }) => !delivery.ok)?.delivery;
  if (failure?.ok === false) log("warn", "event not delivered", { target, reason: failure.reason });
  return nextDueMs(sql, target, circuit, nowMs);
}

/** What may be delivered now, by key: behind a record that waits, all of its key wait. */
function lanesOf(rows: Iterable<OutboxRow>, nowMs: number, most: number): readonly OutboxRow[][] {
  const waiting = new Set<string>();
  const lanes = new Map<string, OutboxRow[]>();
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

interface Outcome {
  readonly row: OutboxRow;
  readonly delivery: Delivery;
}

async function deliver(
  { targets, probeMs }: Outbox,
  target: string,
  lanes: readonly (readonly OutboxRow[])[],
  was: Circuit,
  nowMs: number,
): Promise<{ readonly outcomes: readonly Outcome[]; readonly circuit: Circuit }> {
  const outcomes: Outcome[] = [];
  let circuit = was;
  const declared = targets.get(target);
  const end = AbortSignal.timeout(RUN_MS);
  const left = [...lanes];
  const wasOpen = isOpen(was);
  const mayGoOn = (): boolean => !end.aborted && (wasOpen || !isOpen(circuit));
  const work = async (): Promise<void> => {
    for (let lane = left.shift(); lane !== undefined && mayGoOn(); lane = left.shift())
      for (const row of lane) {
        if (!mayGoOn()) return;
        const delivery =
          declared === undefined
            ? ({ ok: false, reason: "the target is not declared" } as const)
            : await deliverRecord(declared, row.record, nowMs);
        outcomes.push({ row, delivery });
        circuit = circuitAfter(circuit, delivery, nowMs, probeMs);
        if (!delivery.ok) break;
      }
  };
  await Promise.all(Array.from({ length: LANES }, work));
  return { outcomes, circuit };
}

/** Of a target that fails: what is too old is given up, and so is what is too much, the oldest first. */
function giveUp(outbox: Outbox, target: string, nowMs: number): void {
  const { sql, limit } = outbox;
  const oldest = [...waitingRows(sql, target, WALK)];
  const young = oldest.findIndex((row) => !isOver(outbox, row, nowMs));
  const old = young === -1 ? oldest : oldest.slice(0, young);
  bury(sql, target, old, "given up after the time for retries");
  const query = "SELECT COUNT(*) AS count FROM outbox WHERE target = ?";
  const surplus = sql.exec<{ count: number }>(query, target).one().count - limit;
  const tooMany = surplus > 0 ? [...waitingRows(sql, target, Math.min(surplus, WALK))] : [];
  bury(sql, target, tooMany, "given up because too many wait");
  const count = old.length + tooMany.length;
  if (count > 0) log("error", "events given up", { target, count });
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
