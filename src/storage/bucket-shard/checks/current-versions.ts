import { findNewestVersion, findObject } from "../rows/find-object.ts";
import type { VersionRow } from "../rows/object-row.ts";
import { promoteVersionRow } from "../rows/object-table.ts";
import type { Transaction } from "../transaction.ts";
import { judgeVersions, versionOfSubject } from "./judge-versions.ts";
import type { ShardCheck } from "./shard-check.ts";

type CurrentRow = VersionRow & { is_hidden: number };

export const currentVersions: ShardCheck = {
  name: "current-versions",
  means:
    "the newest version of a key is an object that no read without an id, and no listing, finds",
  repair: "makes it the current one",
  find: ({ sql }, after) =>
    judgeVersions<CurrentRow>(
      sql,
      after,
      `, NOT EXISTS (SELECT 1 FROM object WHERE object.key = row.key) AND NOT EXISTS (
         SELECT 1 FROM version AS newer WHERE newer.key = row.key AND newer.sequence > row.sequence
       ) AS is_hidden`,
      (row) =>
        row.is_marker === 0 && row.is_hidden === 1
          ? "it is the newest, and not current"
          : undefined,
    ),
  mend: (transaction, subjects) => subjects.filter((subject) => promote(transaction, subject)),
};

function promote(transaction: Transaction, subject: string): boolean {
  const { sql, cache } = transaction;
  const version = versionOfSubject(subject);
  if (version === undefined || findObject(sql, version.key) !== undefined) return false;
  const newest = findNewestVersion(sql, version.key);
  if (newest?.sequence !== version.sequence || newest.is_marker === 1) return false;
  promoteVersionRow(transaction, newest);
  cache.delete(version.key);
  return true;
}
