import type { VersioningStatus } from "../../protocol/bucket-configuration.ts";
import { checkWriteConditions, type WriteConditions } from "../../protocol/conditions.ts";
import {
  type Content,
  type DeleteMarker,
  NO_ATTRIBUTES,
  type ObjectAttributes,
} from "../../protocol/object-record.ts";
import { NULL_VERSION } from "../../protocol/version-id.ts";

/** A row of `object`, or of `version`, which has `is_marker` besides. */
export interface ObjectRow extends Record<string, SqlStorageValue> {
  key: string;
  sequence: number;
  modified_ms: number;
  size_bytes: number;
  etag: string;
  storage_class: string;
  checksum: string | null;
  content_id: string | null;
  headers: string;
  part_count: number | null;
  version_id: string | null;
  attributes: string | null;
}

export interface VersionRow extends ObjectRow {
  is_marker: number;
}

export function markerOf(row: VersionRow): DeleteMarker {
  const { key, version_id: versionId, modified_ms: lastModifiedMs } = row;
  return { kind: "marker", key, versionId: versionId ?? NULL_VERSION, lastModifiedMs };
}

/** A bucket that never had versions does not speak of them. */
export function shownVersionId(
  versionId: string | null,
  versioning: VersioningStatus | undefined,
): string | undefined {
  return versionId ?? (versioning === undefined ? undefined : NULL_VERSION);
}

/** Undefined: it is inline. */
export function storedContentOf(row: ObjectRow): Content | undefined {
  const { content_id: id, part_count: partCount } = row;
  if (id === null) return undefined;
  return partCount === null
    ? { kind: "blob", blobId: id }
    : { kind: "stitched", contentId: id, located: undefined };
}

/** The `attributes` column: JSON, or NULL when there are none. */
export function writeAttributes(attributes: ObjectAttributes): string | null {
  const { tags, retention, hasLegalHold } = attributes;
  if (tags.length === 0 && retention === undefined && hasLegalHold === undefined) return null;
  return JSON.stringify(attributes);
}

/** What stands in the column was written by {@link writeAttributes}. */
export function readAttributes(column: string | null): ObjectAttributes {
  return column === null
    ? NO_ATTRIBUTES
    : { ...NO_ATTRIBUTES, ...(JSON.parse(column) as Partial<ObjectAttributes>) };
}

/** Why an effect on this row may not happen; undefined: it may. */
export function checkObject(
  conditions: WriteConditions,
  existing: ObjectRow | undefined,
): ReturnType<typeof checkWriteConditions> {
  return checkWriteConditions(
    conditions,
    existing && {
      etag: existing.etag,
      sizeBytes: existing.size_bytes,
      lastModifiedMs: existing.modified_ms,
      sequence: existing.sequence,
    },
  );
}
