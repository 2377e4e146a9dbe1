import type { StoredObject } from "../../../protocol/object-record.ts";
import type { ReplicationRule } from "../../../protocol/replication/replication-rules.ts";
import { NULL_VERSION } from "../../../protocol/version-id.ts";
import { WANTS_REFERENCE } from "../../ports/content-index.ts";
import type { ReplicatedVersion } from "../../ports/replication.ts";
import { unpackObject } from "../../wire/packed-object.ts";
import { readObject } from "../objects/read-object.ts";
import { findVersion } from "../rows/find-object.ts";
import type { Shard } from "../shard.ts";
import type { ReplicationRecord } from "./replication-record.ts";

/** Newer versions of a key that a late one is told of; of more, the newest. */
const MOST_NEWER = 1000;

/** A version as it is now, for a destination; undefined: it is gone. */
export function versionToReplicate(
  shard: Shard,
  key: string,
  { versionId, isChange, hasAnnotations, what, isLate }: ReplicationRecord,
  { document }: ReplicationRule,
): ReplicatedVersion | undefined {
  const found = readObject(shard, key, { ...WANTS_REFERENCE, versionId, annotations: true });
  if (found === undefined) return undefined;
  return {
    key,
    versionId,
    // Its content was asked for.
    object: found.kind === "marker" ? undefined : (unpackObject(found) as StoredObject),
    destination: document.Destination,
    isChange: isChange === true,
    hasAnnotations: hasAnnotations === true,
    what,
    newer: isLate ? newerVersions(shard.sql, key, versionId) : [],
  };
}

function newerVersions(sql: SqlStorage, key: string, versionId: string): readonly string[] {
  const sequence = findVersion(sql, key, versionId)?.row.sequence ?? 0;
  return sql
    .exec<{ version_id: string | null }>(
      `SELECT version_id, sequence FROM object WHERE key = ?1 AND sequence > ?2
       UNION ALL SELECT version_id, sequence FROM version WHERE key = ?1 AND sequence > ?2
       ORDER BY sequence DESC LIMIT ?3`,
      key,
      sequence,
      MOST_NEWER,
    )
    .toArray()
    .map(({ version_id: id }) => id ?? NULL_VERSION)
    .toReversed();
}
