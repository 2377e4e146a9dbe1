import type { Content, DeleteMarker } from "../../../protocol/object-record.ts";
import type { Wanted } from "../../ports/content-index.ts";
import type { PackedObject } from "../../wire/packed-object.ts";
import { locate } from "../contents/segments.ts";
import { countAnnotations } from "../rows/annotation-rows.ts";
import { findNewestVersion, findObject, findVersion } from "../rows/find-object.ts";
import {
  markerOf,
  type ObjectRow,
  packColumns,
  storedContentOf,
  type VersionRow,
} from "../rows/object-row.ts";
import type { Shard } from "../shard.ts";
import { expirationOfRow } from "./expiration.ts";
import type { CachedObject } from "./object-cache.ts";

/**
 * One lookup, and a second one for the content when it is asked for; neither for what the cache holds. Only current
 * versions are remembered.
 */
export function readObject(
  shard: Shard,
  key: string,
  wanted: Wanted,
): PackedObject | DeleteMarker | undefined {
  const found = findWanted(shard, key, wanted.versionId);
  if (found === undefined || "kind" in found) return found;
  const { columns } = found;
  const [summary, sequence, , , attributes] = columns;
  const packed: PackedObject = {
    kind: "packed",
    columns,
    content: contentOf(shard, key, found, wanted),
    annotationCount:
      wanted.annotations === true ? countAnnotations(shard.sql, sequence) : undefined,
  };
  // AWS does not tell it of a version that was asked for by its id, not even of the current one.
  if (shard.configuration.lifecycle === undefined || wanted.versionId !== undefined) return packed;
  const [, modified_ms, size_bytes] = summary;
  const expiration = expirationOfRow(shard, { key, modified_ms, size_bytes, attributes });
  return expiration === undefined ? packed : { ...packed, expiration };
}

function findWanted(
  { sql, configuration, cache }: Shard,
  key: string,
  versionId: string | undefined,
): CachedObject | DeleteMarker | undefined {
  const { versioning } = configuration;
  const objectOf = (row: ObjectRow): CachedObject => ({
    columns: packColumns(row, versioning),
    content: storedContentOf(row),
  });
  const cached = cache.get(key);
  if (cached !== undefined && (versionId === undefined || versionId === versionOf(cached)))
    return cached;
  if (versionId !== undefined) {
    const found = findVersion(sql, key, versionId);
    if (found === undefined) return undefined;
    return found.isMarker ? markerOf(found.row as VersionRow) : objectOf(found.row);
  }
  const row = findObject(sql, key);
  if (row === undefined) {
    const marker = versioning === undefined ? undefined : findNewestVersion(sql, key);
    return marker && markerOf(marker);
  }
  const current = objectOf(row);
  cache.set(key, current);
  return current;
}

function versionOf({ columns }: CachedObject): string | null {
  const [, , versionId] = columns;
  return versionId;
}

function contentOf(
  { sql, state, cache }: Shard,
  key: string,
  found: CachedObject,
  wanted: Wanted,
): Content | undefined {
  const { columns, content } = found;
  const [summary, sequence] = columns;
  if (content === undefined) {
    if (!wanted.content) return undefined;
    const inline = readInline(sql, sequence);
    // An older version is not what is remembered of the key.
    if (cache.get(key) === found) cache.set(key, { columns, content: inline });
    return inline;
  }
  if (content.kind === "stitched") {
    if (!wanted.content && wanted.partNumber === undefined) return undefined;
    const { contentId } = content;
    const [, , sizeBytes] = summary;
    const isHome = state.isHome(contentId);
    return { ...content, located: isHome ? locate(sql, contentId, sizeBytes, wanted) : undefined };
  }
  return wanted.content ? content : undefined;
}

export function readInline(sql: SqlStorage, sequence: number): Content & { kind: "inline" } {
  const { bytes } = sql
    .exec<{ bytes: ArrayBuffer }>("SELECT bytes FROM inline_body WHERE sequence = ?", sequence)
    .one();
  return { kind: "inline", bytes: new Uint8Array(bytes) };
}
