import {
  isReservedVersionId,
  isVersionId,
  sequenceOfVersion,
} from "../../../protocol/version-id.ts";
import type { VersionRow } from "../rows/object-row.ts";
import { judgeVersions } from "./judge-versions.ts";
import type { ShardCheck } from "./shard-check.ts";

type OrderRow = VersionRow & {
  /** Of the object that is current, if there is one. */
  current_sequence: number | null;
  null_versions: number;
};

/** A version is found by its id, which begins with its number unless it was reserved, or is of another bucket. */
export const versionOrder: ShardCheck = {
  name: "version-order",
  means:
    "a version is newer than the current object, is a second null version, or is not found by its id",
  find: ({ sql }, after) =>
    judgeVersions<OrderRow>(
      sql,
      after,
      `, (SELECT sequence FROM object WHERE object.key = row.key) AS current_sequence,
       (SELECT COUNT(*) FROM version WHERE version.key = row.key AND version_id IS NULL)
       + (SELECT COUNT(*) FROM object WHERE object.key = row.key AND version_id IS NULL) AS null_versions`,
      judge,
    ),
};

function judge(row: OrderRow): string | undefined {
  const { version_id: id, sequence, current_sequence: current } = row;
  if (current !== null && sequence > current) return `it is newer than the object, ${current}`;
  if (id === null) return row.null_versions > 1 ? "it is one of several null versions" : undefined;
  if (!isVersionId(id)) return `its id, ${JSON.stringify(id)}, is none`;
  if (row.is_foreign === 1) return undefined;
  if (isReservedVersionId(id)) return "its id was reserved, and it does not say so";
  if (sequenceOfVersion(id) !== sequence)
    return `its id is that of the number ${sequenceOfVersion(id)}`;
  return undefined;
}
