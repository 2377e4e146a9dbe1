import type { Content, DeleteMarker, ObjectRecord } from "../../protocol/object-record.ts";
import type { Wanted } from "../content-index.ts";
import { countAnnotations } from "./annotation-rows.ts";
import { findNewestVersion, findObject, findVersion } from "./find-object.ts";
import {
  markerOf,
  type ObjectRow,
  recordOf,
  storedContentOf,
  type VersionRow,
} from "./object-row.ts";
import type { CachedRecord } from "./record-cache.ts";
import { locate } from "./segments.ts";
import type { Shard } from "./shard.ts";

/**
 * One lookup, and a second one for the content when it is asked for; neither for what the cache holds. Only current
 * versions are remembered.
 */
export function readObject(
  shard: Shard,
  key: string,
  wanted: Wanted,
): ObjectRecord | DeleteMarker | undefined {
  const found = findRecord(shard, key, wanted);
  if (found?.kind !== "object" || wanted.annotations !== true) return found;
  return { ...found, annotationCount: countAnnotations(shard.sql, found.sequence) };
}

function findRecord(
  shard: Shard,
  key: string,
  wanted: Wanted,
): ObjectRecord | DeleteMarker | undefined {
  const { sql, state, cache } = shard;
  const cached = cache.get(key);
  if (cached !== undefined && isWanted(cached, wanted)) return contentOf(shard, cached, wanted);
  const { versioning } = state.configuration;
  if (wanted.versionId !== undefined) {
    const found = findVersion(sql, key, wanted.versionId);
    if (found === undefined) return undefined;
    if (found.isMarker) return markerOf(found.row as VersionRow);
    return contentOf(shard, cachedOf(found.row), wanted);
  }
  const row = findObject(sql, key);
  if (row !== undefined) return contentOf(shard, cachedOf(row), wanted);
  const marker = versioning === undefined ? undefined : findNewestVersion(sql, key);
  return marker && markerOf(marker);

  function cachedOf(found: ObjectRow): CachedRecord {
    return { record: recordOf(found, versioning), content: storedContentOf(found) };
  }
}

function isWanted({ record }: CachedRecord, { versionId }: Wanted): boolean {
  return versionId === undefined || versionId === record.versionId;
}

function contentOf(
  { sql, state, cache }: Shard,
  found: CachedRecord,
  wanted: Wanted,
): ObjectRecord {
  const { record } = found;
  const content = found.content ?? (wanted.content ? readInline(sql, record.sequence) : undefined);
  if (wanted.versionId === undefined && cache.get(record.key)?.content !== content)
    cache.set(record.key, { record, content });
  if (content?.kind === "stitched") {
    if (!wanted.content && wanted.partNumber === undefined) return record;
    const located = state.isHome(content.contentId)
      ? locate(sql, content.contentId, record.sizeBytes, wanted)
      : undefined;
    return { ...record, content: { ...content, located } };
  }
  return wanted.content ? { ...record, content } : record;
}

export function readInline(sql: SqlStorage, sequence: number): Content & { kind: "inline" } {
  const { bytes } = sql
    .exec<{ bytes: ArrayBuffer }>("SELECT bytes FROM inline_body WHERE sequence = ?", sequence)
    .one();
  return { kind: "inline", bytes: new Uint8Array(bytes) };
}
