import { keptInlineBytes } from "../../../protocol/encryption/stored-encryption.ts";
import type { VersionRow } from "../rows/object-row.ts";
import { judgeVersions } from "./judge-versions.ts";
import type { ShardCheck } from "./shard-check.ts";

type BodyRow = VersionRow & { kept_bytes: number | null };

export const inlineBodies: ShardCheck = {
  name: "inline-bodies",
  means: "an object that is kept in the index has no bytes there, or not as many as its row says",
  find: ({ sql }, after) =>
    judgeVersions<BodyRow>(
      sql,
      after,
      ", (SELECT length(bytes) FROM inline_body WHERE inline_body.sequence = row.sequence) AS kept_bytes",
      (row) => {
        if (row.is_marker === 1 || row.content_id !== null) return undefined;
        if (row.kept_bytes === null) return "its bytes are lost";
        const expected = expectedBytes(row);
        if (expected === undefined || expected === row.kept_bytes) return undefined;
        return `${row.kept_bytes} bytes are kept of it, which should be ${expected}`;
      },
    ),
};

/** Undefined: what is said of its encryption cannot be read, which `row-documents` finds. */
function expectedBytes({ size_bytes, encryption }: BodyRow): number | undefined {
  try {
    return keptInlineBytes(size_bytes, encryption ?? undefined);
  } catch {
    return undefined;
  }
}
