import type { Rename, RenameOutcome } from "../bucket-index.ts";
import { addReferences } from "./contents.ts";
import { findObject } from "./find-object.ts";
import { checkObject } from "./object-row.ts";
import { recordOf } from "./packed-object.ts";
import { placeObject } from "./place-object.ts";
import { readInline } from "./read-object.ts";
import { removeCurrent } from "./remove-object.ts";
import type { Effect } from "./shard.ts";

/**
 * Gives an object another key, with all that it has, its time included. In a bucket with versions, the new key gets a new
 * version, and the old one a delete marker.
 */
export function renameObject(
  shard: Effect,
  { sourceKey, key, sourceSequence, conditions }: Rename,
): RenameOutcome {
  const { sql, state } = shard;
  const { versioning } = state.configuration;
  const source = findObject(sql, sourceKey);
  if (source?.sequence !== sourceSequence) return { ok: false, reason: "SourceGone" };
  const existing = findObject(sql, key);
  const refusal = checkObject(conditions, existing);
  if (refusal !== undefined) return refusal;
  const record = recordOf(source, versioning);
  if (sourceKey === key) return { ok: true, versionId: record.versionId };

  const content = source.content_id ?? readInline(sql, source.sequence).bytes;
  if (typeof content === "string") addReferences(sql, content, 1);
  const draft = { ...record, modifiedMs: source.modified_ms, annotatedAs: source.sequence };
  const versionId = placeObject(shard, key, existing, draft, content);
  removeCurrent(shard, sourceKey, source);
  return { ok: true, versionId };
}
