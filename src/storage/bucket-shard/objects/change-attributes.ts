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

/** Undefined: Object Lock forbids it. */
function changedColumns(
  before: ObjectAttributes,
  change: AttributeChange,
  nowMs: number,
): Partial<Pick<ObjectRow, "access" | "attributes" | "encryption">> | undefined {
  if (change.kind === "acl") return { access: change.access ?? null };
  if (change.kind === "replica")
    return {
      access: change.access ?? null,
      attributes: writeAttributes(asSource(before, change.attributes, nowMs)),
    };
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

/** What a replica's source has; a retention that may not be shortened stays. */
function asSource(
  before: ObjectAttributes,
  { tags, retention, hasLegalHold, eventHold }: ObjectAttributes,
  nowMs: number,
): ObjectAttributes {
  const changed = { ...before, tags, hasLegalHold };
  const kind = "retention";
  const isHeld = eventHold !== undefined && { eventHold };
  const change = { kind, retention, ...isHeld, bypassesGovernance: true } as const;
  return changeRetention(changed, change, nowMs) ?? changed;
}

/** What nobody may change is not given another key either, without which it would be gone. */
function isCompliant({ retention }: ObjectAttributes, nowMs: number): boolean {
  return retention?.mode === "COMPLIANCE" && retention.retainUntilMs > nowMs;
}
