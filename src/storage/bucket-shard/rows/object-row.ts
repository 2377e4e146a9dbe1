import type { VersioningStatus } from "../../../protocol/bucket-configuration.ts";
import type { Content, DeleteMarker } from "../../../protocol/object-record.ts";
import { NULL_VERSION } from "../../../protocol/version-id.ts";
import { checkWriteConditions, type WriteConditions } from "../../../protocol/write-conditions.ts";
import type { PackedColumns } from "../../wire/packed-object.ts";

/** A row of `object`, or of `version`, which has `is_marker` besides. */
export type ObjectRow = {
  key: string;
  sequence: number;
  modified_ms: number;
  size_bytes: number;
  etag: string;
  storage_class: string;
  checksum: string | null;
  content_id: string | null;
  part_count: number | null;
  version_id: string | null;
  is_foreign: number | null;
  access: string | null;
  encryption: string | null;
  /** Of a content that is inline, or one blob. */
  sealed_key: ArrayBuffer | null;
  attributes: string | null;
  headers: string;
};

export type VersionRow = ObjectRow & { is_marker: number };

/**
 * What a new row has unless it says otherwise, as a delete marker does. A column more is one line here, one above, and a
 * migration: rows are written by these names, and a version that moves takes along what it has.
 */
export const NO_OBJECT: ObjectRow = {
  key: "",
  sequence: 0,
  modified_ms: 0,
  size_bytes: 0,
  etag: "",
  storage_class: "",
  checksum: null,
  content_id: null,
  part_count: null,
  version_id: null,
  is_foreign: null,
  access: null,
  encryption: null,
  sealed_key: null,
  attributes: null,
  headers: "{}",
};

/** The columns that a listing reads beside the key, in the order of `SummaryValues`. */
export const SUMMARY_OF_KEY =
  "modified_ms, size_bytes, etag, storage_class, checksum, access ->> '$.o' AS owner";

export const SUMMARY_COLUMNS = `key, ${SUMMARY_OF_KEY}`;

/** What a read tells the gateway. */
export function packColumns(
  row: ObjectRow,
  versioning: VersioningStatus | undefined,
): PackedColumns {
  const { key, modified_ms, size_bytes, etag, storage_class, checksum } = row;
  const columns = [
    [key, modified_ms, size_bytes, etag, storage_class, checksum, null],
    row.sequence,
    shownVersionId(row.version_id, versioning) ?? null,
    row.headers,
    row.attributes,
    row.access,
  ] satisfies PackedColumns;
  return row.encryption === null ? columns : [...columns, row.encryption, row.sealed_key];
}

/** Of a key that a gateway has sealed. */
export function keyColumn(sealedKey: Uint8Array | undefined): ArrayBuffer | null {
  return sealedKey === undefined ? null : Uint8Array.from(sealedKey).buffer;
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
  const { content_id: id, size_bytes: sizeBytes, part_count: partCount } = row;
  if (id === null) return undefined;
  return partCount === null
    ? { kind: "blob", blobId: id, sizeBytes }
    : { kind: "stitched", contentId: id, sizeBytes, partCount, located: undefined };
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
