import {
  isReservedVersionId,
  NULL_VERSION,
  sequenceOfVersion,
} from "../../../protocol/version-id.ts";
import type {
  ListVersionsQuery,
  VersionEntry,
  VersionPage,
  VersionSummary,
} from "../../ports/bucket-index.ts";
import { summaryOf } from "../../wire/summary.ts";
import { findVersion } from "../rows/find-object.ts";
import { endOfPrefix, firstKey, foldedPage, isListedItself } from "../rows/fold.ts";
import { hasForeignIds } from "../rows/foreign-ids.ts";
import { leapOverPrefixes, leapQuery } from "../rows/leap.ts";
import { SUMMARY_COLUMNS } from "../rows/object-row.ts";
import { versionOrder } from "../rows/version-order.ts";

interface VersionSummaryRow extends Record<string, SqlStorageValue> {
  key: string;
  modified_ms: number;
  size_bytes: number;
  etag: string;
  storage_class: string;
  checksum: string | null;
  owner: string | null;
  sequence: number;
  version_id: string | null;
  is_marker: number;
}

const { fromKey: FROM_KEY, ofKey: OF_KEY } = versionOrder(
  `${SUMMARY_COLUMNS}, sequence, version_id`,
);

const HAS_NEWER = `
  SELECT EXISTS (SELECT 1 FROM object WHERE key = ?1 AND sequence >= ?2)
    OR EXISTS (SELECT 1 FROM version WHERE key = ?1 AND sequence >= ?2) AS has_newer`;

const LEAP_QUERY = leapQuery("object", "version");

interface Position {
  /** Versions of this key and of greater ones. */
  readonly key: string;
  /** Of `key` only those with lower sequences; undefined: all. */
  readonly below: number | undefined;
}

/** One page in the order of the keys' UTF-8 bytes, the newest version of a key first. It folds as `listObjects` does. */
export function listVersions(sql: SqlStorage, query: ListVersionsQuery): VersionPage {
  const end = endOfPrefix(query.prefix);
  const { entries, isTruncated } = foldedPage<VersionSummary, Position>(
    {
      scan: (from, limit) => scan(sql, from, end, limit),
      keyOf: ({ object }) => object.key,
      behind: ({ object, sequence }) => ({ key: object.key, below: sequence }),
      leap(from, limit) {
        const { found, next } = leapOverPrefixes(sql, LEAP_QUERY, from, query, limit);
        return { found, next: beforeVersionsOf(next) };
      },
    },
    query,
    firstPosition(sql, query),
  );
  return { entries: entries.map(entryOf), isTruncated };
}

function firstPosition(sql: SqlStorage, query: ListVersionsQuery): Position | undefined {
  const { afterKey, afterVersionId } = query;
  if (afterVersionId !== undefined && isListedItself(afterKey, query))
    return { key: afterKey, below: sequenceOf(sql, afterKey, afterVersionId) };
  return beforeVersionsOf(firstKey({ ...query, after: afterKey }));
}

function beforeVersionsOf(key: string | undefined): Position | undefined {
  return key === undefined ? undefined : { key, below: undefined };
}

function sequenceOf(sql: SqlStorage, key: string, versionId: string): number {
  const tellsPlace =
    versionId !== NULL_VERSION && !isReservedVersionId(versionId) && !hasForeignIds(sql);
  if (tellsPlace) return sequenceOfVersion(versionId);
  // When such a version is gone by now, all of its key is listed again.
  return findVersion(sql, key, versionId)?.row.sequence ?? Number.MAX_SAFE_INTEGER;
}

function scan(
  sql: SqlStorage,
  { key, below }: Position,
  end: string | ArrayBuffer,
  limit: number,
): readonly VersionSummary[] {
  const from = (least: string, count: number): VersionSummary[] =>
    summariesOf(sql.exec<VersionSummaryRow>(FROM_KEY, least, end, count).toArray(), undefined);
  if (below === undefined) return from(key, limit);
  const { has_newer: hasNewer } = sql.exec<{ has_newer: number }>(HAS_NEWER, key, below).one();
  const rows = sql.exec<VersionSummaryRow>(OF_KEY, key, below, limit).toArray();
  const rest = summariesOf(rows, hasNewer === 1 ? key : undefined);
  // Nothing lies between a string and the same string followed by U+0000.
  return rest.length < limit ? [...rest, ...from(`${key}\0`, limit - rest.length)] : rest;
}

/** @param begunKey the key of which newer versions precede these rows */
function summariesOf(
  rows: readonly VersionSummaryRow[],
  begunKey: string | undefined,
): VersionSummary[] {
  return rows.map((row, i) => {
    const isLatest = row.key !== (i === 0 ? begunKey : rows[i - 1]?.key);
    return summaryOfRow(row, isLatest);
  });
}

function entryOf(entry: VersionSummary | string): VersionEntry {
  if (typeof entry === "string") return { kind: "prefix", prefix: entry };
  return { kind: "version", version: entry };
}

function summaryOfRow(row: VersionSummaryRow, isLatest: boolean): VersionSummary {
  const { key, modified_ms, size_bytes, etag, storage_class, checksum, owner } = row;
  return {
    object: summaryOf([key, modified_ms, size_bytes, etag, storage_class, checksum, owner]),
    versionId: row.version_id ?? NULL_VERSION,
    sequence: row.sequence,
    isMarker: row.is_marker === 1,
    isLatest,
  };
}
