import type { ObjectAttributes, Retention } from "../../../protocol/object-record.ts";
import type { AttributeChange, ChangeOutcome } from "../../ports/bucket-index.ts";
import type { DecidedOnObject } from "../../ports/decided-on.ts";
import { readAttributes, writeAttributes } from "../../wire/attributes-column.ts";
import { requireVersion } from "../rows/find-object.ts";
import { type ObjectRow, shownVersionId } from "../rows/object-row.ts";
import type { Transaction } from "../transaction.ts";

/** Changes tags, retention, legal hold, or ACL of a version, in its row: its sequence and its time stay. */
export function changeAttributes(
  { sql, configuration, cache, nowMs, emit }: Transaction,
  key: string,
  versionId: string | undefined,
  change: AttributeChange,
  decidedOn?: DecidedOnObject,
): ChangeOutcome {
  const found = requireVersion(sql, key, versionId, decidedOn);
  if (!found.ok) return found;
  const { isCurrentObject } = found;
  const before = readAttributes(found.row.attributes);
  if (change.kind === "retention" && !mayRetain(before.retention, change, nowMs))
    return { ok: false, reason: "AccessDenied" };
  const row: ObjectRow = { ...found.row, ...changedColumns(before, change) };
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
  emit({ kind: "changed", what: change.kind, row });
  return { ok: true, versionId: shownVersionId(row.version_id, configuration.versioning) };
}

function changedColumns(
  before: ObjectAttributes,
  change: AttributeChange,
): Partial<Pick<ObjectRow, "access" | "attributes" | "encryption">> {
  if (change.kind === "acl") return { access: change.access ?? null };
  if (change.kind === "encryption") return { encryption: change.encryption };
  return { attributes: writeAttributes(changed(before, change)) };
}

function changed(
  before: ObjectAttributes,
  change: Exclude<AttributeChange, { kind: "acl" | "encryption" }>,
): ObjectAttributes {
  if (change.kind === "tags") return { ...before, tags: change.tags };
  if (change.kind === "legal-hold") return { ...before, hasLegalHold: change.hasLegalHold };
  return { ...before, retention: change.retention };
}

/**
 * Retention that has not ended may be made longer by anybody who may set it. Anything else, another mode included, is for
 * those who bypass GOVERNANCE; and under COMPLIANCE for nobody.
 */
function mayRetain(
  before: Retention | undefined,
  { retention, bypassesGovernance }: Extract<AttributeChange, { kind: "retention" }>,
  nowMs: number,
): boolean {
  if (before === undefined || before.retainUntilMs <= nowMs) return true;
  const isLonger =
    retention?.mode === before.mode && retention.retainUntilMs >= before.retainUntilMs;
  return isLonger || (before.mode === "GOVERNANCE" && bypassesGovernance);
}
