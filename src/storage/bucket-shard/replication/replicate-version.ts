import { pending, changedReplica } from "../../../protocol/replication/replication-status.ts";
import type {
  Replicated,
  ReplicationRule,
} from "../../../protocol/replication/replication-rules.ts";
import { NULL_VERSION } from "../../../protocol/version-id.ts";
import { REPLICATED_CHANGES, type ReplicatedChange } from "../../ports/replication.ts";
import { readAttributes, writeAttributes } from "../../wire/attributes-column.ts";
import type { ObjectEvent } from "../events.ts";
import { putRow } from "../outbox/outbox.ts";
import type { ObjectRow } from "../rows/object-row.ts";
import type { Transaction } from "../transaction.ts";
import type { ReplicationRecord } from "./replication-record.ts";
import { scanAgain } from "./target-state.ts";

type NewRow = Pick<ObjectRow, "attributes" | "encryption" | "key" | "size_bytes" | "version_id">;

/**
 * A version is new, or a delete marker: it goes to the destinations whose rules are about it.
 *
 * @returns the `attributes` of its row
 */
export function replicateNew(
  transaction: Transaction,
  row: NewRow,
  isMarker = false,
): string | null {
  const rules = transaction.configuration.replication?.matching(asReplicated(row, isMarker)) ?? [];
  if (rules.length === 0) return row.attributes;
  const replication = pending(rules.map(({ target }) => target));
  for (const rule of rules)
    enqueueOrScan(transaction, rule, row, isMarker ? { isMarker: true } : {});
  return writeAttributes({ ...readAttributes(row.attributes), replication });
}

type Change = Extract<ObjectEvent, { kind: "changed" }>["what"];

/** Where a key is wrapped with another, or lifecycle rules move an object, the replicas stay as they are. */
function isReplicated(what: Change): what is ReplicatedChange {
  return (REPLICATED_CHANGES as readonly Change[]).includes(what);
}

/**
 * A version has changed that was replicated, or is a replica: so does what it was replicated to, or came from.
 *
 * @param before as it was: it may have tags by then that no rule is about
 * @returns the `attributes` of its row
 */
export function replicateChange(
  transaction: Transaction,
  before: ObjectRow,
  row: ObjectRow,
  what: Change,
): string | null {
  const { configuration, state } = transaction;
  if (configuration.replication === undefined || !isReplicated(what)) return row.attributes;
  const attributes = readAttributes(row.attributes);
  const { replication } = attributes;
  if (replication === undefined) return row.attributes;
  // So that two servers that tell each other end.
  const isSame = row.attributes === before.attributes && row.access === before.access;
  if (isSame && what !== "annotation") return row.attributes;
  const { status } = replication;
  const rulesOf = (version: ObjectRow): readonly ReplicationRule[] =>
    configuration.replication
      ?.matching(asReplicated(version))
      .filter(({ replicatesReplicas }) => status !== "REPLICA" || replicatesReplicas) ?? [];
  const ofNow = rulesOf(row);
  const rules = ofNow.length > 0 ? ofNow : rulesOf(before);
  if (rules.length === 0) return row.attributes;
  const change = state.takeSequence();
  const isThere = status === "COMPLETED" || status === "REPLICA";
  for (const rule of rules)
    enqueueOrScan(transaction, rule, row, {
      change,
      what,
      ...(isThere && { isChange: true }),
      ...(what === "annotation" && { hasAnnotations: true }),
    });
  const targets = rules.map(({ target }) => target);
  return writeAttributes({
    ...attributes,
    replication: status === "REPLICA" ? changedReplica(change) : pending(targets, change),
  });
}

/** Writes down that a destination is to get a version; the outbox delivers it. @returns false: there is no room for it now */
export function enqueue(
  transaction: Transaction,
  { id, target }: Pick<ReplicationRule, "id" | "target">,
  { key, version_id: versionId, size_bytes: sizeBytes }: NewRow,
  said: Omit<ReplicationRecord, "rule" | "sizeBytes" | "versionId">,
): boolean {
  const record: ReplicationRecord = {
    rule: id,
    versionId: versionId ?? NULL_VERSION,
    sizeBytes,
    ...said,
  };
  if (!transaction.room.takeSpare()) return false;
  putRow(transaction, target, key, record);
  return true;
}

/** Its row says that it is pending: when there is room again, a scan finds it. */
function enqueueOrScan(...given: Parameters<typeof enqueue>): void {
  const [transaction, { target }] = given;
  if (!enqueue(...given)) scanAgain(transaction, target, "pending");
}

export function asReplicated(row: NewRow, isMarker = false): Replicated {
  const { key, attributes, encryption } = row;
  return { key, tags: readAttributes(attributes).tags, isMarker, encryption };
}
