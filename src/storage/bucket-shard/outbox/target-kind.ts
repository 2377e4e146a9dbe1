import type { Delivery } from "../../events/delivery.ts";
import type { Transaction } from "../transaction.ts";
import type { OutboxRow } from "./outbox.ts";

/** Of the targets that rows of the outbox wait for, those of one kind: what the outbox does for them alone. */
export interface TargetKind {
  /** How many rows, each of another key, one delivery may take. */
  batchOf(target: string): number;
  /** Delivers rows of different keys; never throws. @returns what became of each, in their order */
  deliver(target: string, rows: readonly OutboxRow[], nowMs: number): Promise<readonly Delivery[]>;
  /** What is to be done, in the transaction in which they are forgotten, about rows that were taken; absent: nothing. */
  readonly taken?: (transaction: Transaction, target: string, rows: readonly OutboxRow[]) => void;
  /** What is to be done about a row that was not taken, and will be tried again; absent: nothing. */
  readonly postponed?: (transaction: Transaction, target: string, row: OutboxRow) => void;
  /** Gives rows up, in the transaction in which they are forgotten. */
  giveUp(
    transaction: Transaction,
    target: string,
    rows: readonly OutboxRow[],
    reason: string,
  ): void;
  /** What is to be done in the place of that about rows that are too many; absent: they are given up. */
  readonly drop?: (transaction: Transaction, target: string) => void;
}

/** By what a target begins with; the first that fits is its kind. */
export type TargetKinds = readonly (readonly [prefix: string, kind: TargetKind])[];

/** @throws Error when there is none: code of later put the row there */
export function kindOf(kinds: TargetKinds, target: string): TargetKind {
  const [, kind] = kinds.find(([prefix]) => target.startsWith(prefix)) ?? [];
  if (kind === undefined) throw new Error(`nothing delivers to ${target}`);
  return kind;
}
