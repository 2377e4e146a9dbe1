import { expirationOf } from "../../../protocol/lifecycle/lifecycle-headers.ts";
import { readAttributes } from "../../wire/attributes-column.ts";
import type { ObjectRow } from "../rows/object-row.ts";
import type { Shard } from "../shard.ts";

/** `x-amz-expiration` of a row, the current version of its key. For a bucket without rules, one branch. */
export function expirationOfRow(
  { configuration: { lifecycle } }: Shard,
  row: Pick<ObjectRow, "attributes" | "key" | "modified_ms" | "size_bytes">,
): string | undefined {
  if (lifecycle === undefined) return undefined;
  return expirationOf(lifecycle, {
    key: row.key,
    modifiedMs: row.modified_ms,
    sizeBytes: row.size_bytes,
    tags: lifecycle.hasTags ? readAttributes(row.attributes).tags : [],
  });
}
