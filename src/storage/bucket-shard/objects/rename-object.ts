import type { Rename, RenameOutcome } from "../../ports/bucket-index.ts";
import { readAttributes } from "../../wire/attributes-column.ts";
import { addReferences } from "../contents/contents.ts";
import { touchZone } from "../lifecycle/zones.ts";
import { findObject } from "../rows/find-object.ts";
import { checkObject, shownVersionId } from "../rows/object-row.ts";
import type { Transaction } from "../transaction.ts";
import { newAttributes, placeObject } from "./place-object.ts";
import { readInline } from "./read-object.ts";
import { removeCurrent } from "./remove-object.ts";

/**
 * Gives an object another key, with all that it has, its time included. In a bucket with versions, the new key gets a new
 * version, and the old one a delete marker.
 */
export function renameObject(
  transaction: Transaction,
  { sourceKey, key, sourceSequence, conditions }: Rename,
): RenameOutcome {
  const { sql } = transaction;
  const { versioning } = transaction.configuration;
  const source = findObject(sql, sourceKey);
  if (source?.sequence !== sourceSequence) return { ok: false, reason: "SourceGone" };
  const existing = findObject(sql, key);
  const refusal = checkObject(conditions, existing);
  if (refusal !== undefined) return refusal;
  if (sourceKey === key)
    return { ok: true, versionId: shownVersionId(source.version_id, versioning) };

  const content = source.content_id ?? readInline(sql, source.sequence).bytes;
  if (typeof content === "string") addReferences(sql, content, 1);
  const row = {
    ...source,
    attributes: newAttributes(transaction, readAttributes(source.attributes)),
  };
  const versionId = placeObject(transaction, {
    by: "Rename",
    key,
    existing,
    row,
    content,
    annotatedAs: source.sequence,
  });
  // It brings its time along.
  touchZone(transaction, key);
  removeCurrent(transaction, sourceKey, source, "Rename");
  return { ok: true, versionId };
}
