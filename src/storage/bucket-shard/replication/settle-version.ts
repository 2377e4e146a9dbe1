import { type ReplicationEnd, settled } from "../../../protocol/replication/replication-status.ts";
import { readAttributes, writeAttributes } from "../../wire/attributes-column.ts";
import { findVersion, type FoundVersion } from "../rows/find-object.ts";
import { writeAttributesColumn } from "../rows/object-table.ts";
import type { Transaction } from "../transaction.ts";
import type { ReplicationRecord } from "./replication-record.ts";

/**
 * A destination has a version, or never will: its row says so, unless it has changed since, or is gone.
 *
 * @returns the version; undefined: it is gone
 */
export function settleVersion(
  { sql, cache }: Transaction,
  target: string,
  key: string,
  { versionId, change }: ReplicationRecord,
  end: ReplicationEnd,
): FoundVersion | undefined {
  const found = findVersion(sql, key, versionId);
  if (found === undefined) return undefined;
  const attributes = readAttributes(found.row.attributes);
  const { replication } = attributes;
  // What was changed meanwhile is in a row of the outbox behind this one.
  if (replication === undefined || replication.change !== change) return found;
  const column = writeAttributes({ ...attributes, replication: settled(replication, target, end) });
  writeAttributesColumn(sql, found, column);
  if (found.isCurrentObject) cache.delete(key);
  return found;
}
