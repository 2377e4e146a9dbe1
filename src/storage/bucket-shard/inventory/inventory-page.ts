import { NULL_VERSION } from "../../../protocol/version-id.ts";
import type { InventoryPage } from "../../ports/inventory.ts";
import { readAttributes } from "../../wire/attributes-column.ts";
import { readChecksum } from "../../wire/checksum-column.ts";
import type { VersionRow } from "../rows/object-row.ts";
import { walkVersions } from "../rows/walk-versions.ts";

/** Rows of a page: some milliseconds, for which requests wait. */
const PAGE_ROWS = 1000;

/** Whether nothing of the key is newer: of objects always, and of a delete marker that hides one. */
const IS_LATEST = `, (
  NOT EXISTS (SELECT 1 FROM object AS newer WHERE newer.key = row.key AND newer.sequence > row.sequence) AND
  NOT EXISTS (SELECT 1 FROM version AS newer WHERE newer.key = row.key AND newer.sequence > row.sequence)) AS is_latest`;

type InventoryRow = VersionRow & { readonly is_latest: number };

/** @param after empty, or what the page before says */
export function inventoryPage(
  sql: SqlStorage,
  after: string,
  prefix: string,
  isOfCurrent: boolean,
): InventoryPage {
  const columns = isOfCurrent ? ", 1 AS is_latest" : IS_LATEST;
  const { rows, next } = walkVersions<InventoryRow>(sql, after, PAGE_ROWS, columns);
  const isPast = isOfCurrent && next?.startsWith('{"table":"version"') === true;
  const entries = rows.filter(({ key }) => key.startsWith(prefix)).map(entryOf);
  return { entries, next: isPast ? undefined : next };
}

function entryOf(row: InventoryRow): InventoryPage["entries"][number] {
  return {
    key: row.key,
    versionId: row.version_id ?? NULL_VERSION,
    isLatest: row.is_latest === 1,
    isMarker: row.is_marker === 1,
    sizeBytes: row.size_bytes,
    modifiedMs: row.modified_ms,
    etag: row.etag,
    storageClass: row.storage_class,
    checksum: readChecksum(row.checksum),
    isMultipart: row.part_count !== null,
    access: row.access ?? undefined,
    encryption: row.encryption ?? undefined,
    attributes: readAttributes(row.attributes),
  };
}
