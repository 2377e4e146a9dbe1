import type { VersionRow } from "../rows/object-row.ts";
import { judgeVersions } from "./judge-versions.ts";
import type { ShardCheck } from "./shard-check.ts";

type ContentRow = VersionRow & { end_bytes: number | null; counted_parts: number };

const OF_CONTENT = "FROM segment WHERE segment.content_id = row.content_id";

/** Of contents that another shard has put together only that shard knows the segments. */
export const objectContents: ShardCheck = {
  name: "object-contents",
  means: "the segments of an object's content are not as many bytes, or parts, as its row says",
  find: ({ sql, state }, after) =>
    judgeVersions<ContentRow>(
      sql,
      after,
      `, (SELECT offset_bytes + size_bytes ${OF_CONTENT} ORDER BY offset_bytes DESC LIMIT 1) AS end_bytes,
       (SELECT COUNT(DISTINCT part_number) ${OF_CONTENT} AND segment.offset_bytes + segment.size_bytes <= row.size_bytes)
         AS counted_parts`,
      (row) => {
        if (row.content_id === null || !state.isHome(row.content_id)) return undefined;
        const { part_count: parts, end_bytes: end } = row;
        if (parts === null) return end === null ? undefined : "it is one blob, and has segments";
        if (end === null) return "its content has no segments";
        // A list may have become longer since, by an append.
        if (end < row.size_bytes)
          return `its segments have ${end} bytes, which should be ${row.size_bytes}`;
        if (parts !== row.counted_parts)
          return `its segments have ${row.counted_parts} parts, which should be ${parts}`;
        return undefined;
      },
    ),
};
