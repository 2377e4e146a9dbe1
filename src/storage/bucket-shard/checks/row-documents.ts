import type { VersionRow } from "../rows/object-row.ts";
import { judgeVersions } from "./judge-versions.ts";
import type { ShardCheck } from "./shard-check.ts";

const DOCUMENTS = ["headers", "attributes", "access", "encryption"] as const;

export const rowDocuments: ShardCheck = {
  name: "row-documents",
  means:
    "a row cannot be read: a document in it is not JSON, its size is no size, or a delete marker has bytes",
  find: ({ sql }, after) => judgeVersions<VersionRow>(sql, after, "", judge),
};

function judge(row: VersionRow): string | undefined {
  if (row.key === "") return "its key is empty";
  if (!Number.isSafeInteger(row.size_bytes) || row.size_bytes < 0)
    return `its size is ${row.size_bytes}`;
  if (!Number.isSafeInteger(row.sequence) || row.sequence < 1)
    return `its number is ${row.sequence}`;
  if (row.is_marker === 1)
    return row.content_id === null && row.size_bytes === 0
      ? undefined
      : "it is a delete marker, and has bytes";
  if (row.etag === "") return "it has no ETag";
  if (row.checksum !== null && row.checksum.split(" ").length !== 3)
    return "its checksum cannot be read";
  const unreadable = DOCUMENTS.filter((column) => !isObject(row[column]));
  return unreadable.length === 0 ? undefined : `no JSON objects: ${unreadable.join(", ")}`;
}

function isObject(text: string | null): boolean {
  if (text === null) return true;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
}
