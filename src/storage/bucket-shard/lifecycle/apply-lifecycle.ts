import { actionNow, plannedActions } from "../../../protocol/lifecycle/lifecycle-actions.ts";
import type { Lifecycle } from "../../../protocol/lifecycle/lifecycle.ts";
import { isUnsettled } from "../../../protocol/replication/replication-status.ts";
import { readAttributes } from "../../wire/attributes-column.ts";
import { isLocked, removeCurrent, removeFound } from "../objects/remove-object.ts";
import type { FoundVersion } from "../rows/find-object.ts";
import type { Transaction } from "../transaction.ts";
import { entryOfVersion } from "./lifecycle-entry.ts";
import type { LifecycleTally } from "./lifecycle-totals.ts";

/**
 * Does with a version what the rules say that is due by now: decided on its row as it is, since what was done before may have
 * changed it. A version that is locked stays; the next scan looks at it again.
 *
 * @param tally is told of what was done
 * @returns whether anything was
 */
export function applyLifecycle(
  transaction: Transaction,
  lifecycle: Lifecycle,
  key: string,
  sequence: number,
  nowMs: number,
  tally: LifecycleTally,
): boolean {
  const { sql, settings, configuration, room } = transaction;
  const version = entryOfVersion(sql, lifecycle, key, sequence);
  if (version === undefined) return false;
  const { found, entry } = version;
  const isVersioned = configuration.versioning !== undefined;
  const planned = plannedActions(lifecycle, entry, settings.lifecycle);
  const action = actionNow(planned, nowMs, isVersioned);
  if (action === undefined) return false;
  // As AWS does, so that nothing goes before it has arrived.
  const { replication } = readAttributes(found.row.attributes);
  const isReplicating = configuration.replication !== undefined && replication !== undefined;
  if (isReplicating && isUnsettled(replication)) return false;
  const { isMarker, row } = found;
  const isCurrent = entry.noncurrentSinceMs === undefined;
  if (action.kind === "transition") {
    moveTo(transaction, found, action.storageClass);
    tally.add(isCurrent ? "Transition" : "NoncurrentVersionTransition", row.size_bytes);
  } else if (action.kind === "expire" && isVersioned) {
    // As with a client's delete, a full shard makes no marker.
    if (!room.takeSpare()) return false;
    removeCurrent(transaction, key, row, "Lifecycle");
    tally.add("Expiration", 0);
  } else {
    if (isLocked(readAttributes(row.attributes), nowMs, false)) return false;
    removeFound(transaction, found, "Lifecycle");
    const ofCurrent = isMarker ? "ExpiredObjectDeleteMarker" : "Expiration";
    tally.add(isCurrent ? ofCurrent : "NoncurrentVersionExpiration", row.size_bytes);
  }
  return true;
}

/** The row says so; no byte moves, and neither the version's time nor its id changes. */
function moveTo(
  { sql, cache, emit }: Transaction,
  { row, isCurrentObject }: FoundVersion,
  storageClass: string,
): void {
  const table = isCurrentObject ? "object" : "version";
  sql.exec(
    `UPDATE ${table} SET storage_class = ? WHERE key = ? AND sequence = ?`,
    storageClass,
    row.key,
    row.sequence,
  );
  cache.delete(row.key);
  const moved = { ...row, storage_class: storageClass };
  emit({ kind: "changed", what: "storage-class", row: moved });
}
