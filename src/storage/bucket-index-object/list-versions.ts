import { successorOfPrefix } from "../../lib/utf8-order.ts";
import { NULL_VERSION, sequenceOfVersion } from "../../protocol/version-id.ts";
import type {
  ListVersionsQuery,
  VersionEntry,
  VersionPage,
  VersionSummary,
} from "../bucket-index.ts";
import { findVersion } from "./find-object.ts";
import { AFTER_ALL_TEXT, commonPrefix, firstKey } from "./listing.ts";
import { SUMMARY_COLUMNS, summaryOf } from "./summary.ts";

interface VersionSummaryRow extends Record<string, SqlStorageValue> {
  key: string;
  modified_ms: number;
  size_bytes: number;
  etag: string;
  storage_class: string;
  checksum: string | null;
  sequence: number;
  version_id: string | null;
  is_marker: number;
}

const COLUMNS = `${SUMMARY_COLUMNS}, sequence, version_id`;

/** Both tables in one order, which their indexes give without sorting, so that LIMIT ends the search. */
const FROM_KEY = `
  SELECT ${COLUMNS}, 0 AS is_marker FROM object WHERE key >= ?1 AND key < ?2
  UNION ALL
  SELECT ${COLUMNS}, is_marker FROM version WHERE key >= ?1 AND key < ?2
  ORDER BY key, sequence DESC LIMIT ?3`;

/** The rest of one key's versions: what is newer may be gone by now, and the newest of them is then in `object`. */
const OF_KEY = `
  SELECT ${COLUMNS}, 0 AS is_marker FROM object WHERE key = ?1 AND sequence < ?2
  UNION ALL
  SELECT ${COLUMNS}, is_marker FROM version WHERE key = ?1 AND sequence < ?2
  ORDER BY sequence DESC LIMIT ?3`;

const HAS_NEWER = `
  SELECT EXISTS (SELECT 1 FROM object WHERE key = ?1 AND sequence >= ?2)
    OR EXISTS (SELECT 1 FROM version WHERE key = ?1 AND sequence >= ?2) AS has_newer`;

/** One page in the order of the keys' UTF-8 bytes, the newest version of a key first. It folds as `listObjects` does. */
export function listVersions(sql: SqlStorage, query: ListVersionsQuery): VersionPage {
  const { prefix, delimiter, limit, afterKey } = query;
  const end = successorOfPrefix(prefix) ?? AFTER_ALL_TEXT;
  const entries: VersionEntry[] = [...restOfKey(sql, query)];
  let from = firstKey({ prefix, delimiter, after: afterKey });
  while (from !== undefined && entries.length <= limit) {
    const rows = sql.exec<VersionSummaryRow>(FROM_KEY, from, end, limit + 1 - entries.length);
    from = undefined;
    let previousKey: string | undefined;
    for (const row of rows) {
      const folded = commonPrefix(row.key, prefix, delimiter);
      if (folded === undefined) {
        entries.push({ kind: "version", version: summaryOfRow(row, row.key !== previousKey) });
        previousKey = row.key;
        continue;
      }
      entries.push({ kind: "prefix", prefix: folded });
      from = successorOfPrefix(folded);
      break;
    }
  }
  const isTruncated = entries.length > limit;
  if (isTruncated) entries.pop();
  return { entries, isTruncated };
}

/** What is left of the key in whose midst the last page ended. */
function restOfKey(
  sql: SqlStorage,
  { prefix, delimiter, afterKey, afterVersionId, limit }: ListVersionsQuery,
): readonly VersionEntry[] {
  if (afterVersionId === undefined || !afterKey.startsWith(prefix)) return [];
  if (commonPrefix(afterKey, prefix, delimiter) !== undefined) return [];
  const found =
    afterVersionId === NULL_VERSION
      ? findVersion(sql, afterKey, NULL_VERSION)?.row.sequence
      : sequenceOfVersion(afterVersionId);
  // The null version's id does not tell its place. When it is gone by now, the rest of its key is listed again.
  const sequence = found ?? Number.MAX_SAFE_INTEGER;
  const rows = sql.exec<VersionSummaryRow>(OF_KEY, afterKey, sequence, limit + 1).toArray();
  const { has_newer: hasNewer } = sql
    .exec<{ has_newer: number }>(HAS_NEWER, afterKey, sequence)
    .one();
  return rows.map((row, i) => {
    const isLatest = i === 0 && hasNewer === 0;
    return { kind: "version", version: summaryOfRow(row, isLatest) };
  });
}

function summaryOfRow(row: VersionSummaryRow, isLatest: boolean): VersionSummary {
  const { key, modified_ms, size_bytes, etag, storage_class, checksum } = row;
  return {
    object: summaryOf([key, modified_ms, size_bytes, etag, storage_class, checksum]),
    versionId: row.version_id ?? NULL_VERSION,
    sequence: row.sequence,
    isMarker: row.is_marker === 1,
    isLatest,
  };
}
