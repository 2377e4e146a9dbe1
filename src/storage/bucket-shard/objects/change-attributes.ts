import type { ObjectAttributes } from "../../../protocol/object-record.ts";
import type { AttributeChange, ChangeOutcome } from "../../ports/bucket-index.ts";
import type { DecidedOnObject } from "../../ports/decided-on.ts";
import { readAttributes, writeAttributes } from "../../wire/attributes-column.ts";
import { touchZone } from "../lifecycle/zones.ts";
import { requireVersion } from "../rows/find-object.ts";
import { type ObjectRow, shownVersionId } from "../rows/object-row.ts";
import type { Transaction } from "../transaction.ts";
import { replicateChange } from "../replication/replicate-version.ts";
import { changeRetention } from "./change-retention.ts";

/** Changes tags, retention, legal hold, or ACL of a version, in its row: its sequence and its time stay. */
export function changeAttributes(
  transaction: Transaction,
  key: string,
  versionId: string | undefined,
  change: AttributeChange,
  decidedOn?: DecidedOnObject,
): ChangeOutcome {
  const { sql, configuration, cache, nowMs, emit } = transaction;
  const found = requireVersion(sql, key, versionId, decidedOn);
  if (!found.ok) return found;
  const { isCurrentObject } = found;
  const before = readAttributes(found.row.attributes);
  const columns = changedColumns(before, change, nowMs);
  if (columns === undefined) return { ok: false, reason: "AccessDenied" };
  const changed: ObjectRow = { ...found.row, ...columns };
  const row =
    change.kind === "replica"
      ? changed
      : { ...changed, attributes: replicateChange(transaction, found.row, changed, change.kind) };
  const { attributes, access, encryption } = row;
  if (isCurrentObject) {
    sql.exec(
      "UPDATE object SET attributes = ?, access = ?, encryption = ? WHERE key = ?",
      attributes,
      access,
      encryption,
      key,
    );
    cache.delete(key);
  } else
    sql.exec(
      "UPDATE version SET attributes = ?, access = ?, encryption = ? WHERE key = ? AND sequence = ?",
      attributes,
      access,
      encryption,
      key,
      row.sequence,
    );
  // Rules may look at the tags.
  if (change.kind === "tags" || change.kind === "replica") touchZone(transaction, key);
  if (change.kind !== "replica") emit({ kind: "changed", what: change.kind, row });
  return { ok: true, versionId: shownVersionId(row.version_id, configuration.versioning) };
}

type ReplicaChange = Extract<AttributeChange, { kind: "replica" }>;

/** Undefined: Object Lock forbids it. */
function changedColumns(
  before: ObjectAttributes,
  change: AttributeChange,
  nowMs: number,
): Partial<Pick<ObjectRow, "access" | "attributes" | "encryption">> | undefined {
  if (change.kind === "acl") return { access: change.access ?? null };
  if (change.kind === "replica") {
    const { what = "acl", access = null } = change;
    return {
      ...(what === "acl" && { access }),
      attributes: writeAttributes(asSource(before, change, nowMs)),
    };
  }
  if (change.kind === "encryption")
    return isCompliant(before, nowMs) ? undefined : { encryption: change.encryption };
  const attributes = changed(before, change, nowMs);
  return attributes && { attributes: writeAttributes(attributes) };
}

function changed(
  before: ObjectAttributes,
  change: Exclude<AttributeChange, { kind: "acl" | "encryption" | "replica" }>,
  nowMs: number,
): ObjectAttributes | undefined {
  if (change.kind === "tags") return { ...before, tags: change.tags };
  if (change.kind === "legal-hold") return { ...before, hasLegalHold: change.hasLegalHold };
  return changeRetention(before, change, nowMs);
}

/**
 * What has changed in a replica's source. What else keeps the replica, as the default of its bucket, or a hold that somebody has put on it
 * there, stays; and so does what the source does not tell of by itself, unless it keeps the replica longer.
 */
function asSource(
  before: ObjectAttributes,
  { attributes, what }: ReplicaChange,
  nowMs: number,
): ObjectAttributes {
  const { tags, retention, hasLegalHold, eventHold } = attributes;
  const isTold = what === "retention";
  const isRetained = isTold || (what === undefined && (retention ?? eventHold) !== undefined);
  const isHeld = what === "legal-hold" || (what === undefined && hasLegalHold === true);
  const changed = {
    ...before,
    ...((what === undefined || what === "tags") && { tags }),
    ...(isHeld && { hasLegalHold }),
  };
  if (!isRetained) return changed;
  const event = eventHold !== undefined && { eventHold };
  const change = { kind: "retention", retention, ...event, bypassesGovernance: isTold } as const;
  return changeRetention(changed, change, nowMs) ?? changed;
}

/** What nobody may change is not given another key either, without which it would be gone. */
function isCompliant({ retention }: ObjectAttributes, nowMs: number): boolean {
  return retention?.mode === "COMPLIANCE" && retention.retainUntilMs > nowMs;
}
