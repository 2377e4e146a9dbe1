import type { FindingPage } from "../../ports/shard-inspection.ts";
import { PAGE_FINDINGS, type ShardCheck } from "./shard-check.ts";

/** Whoever completes such an upload would be answered InternalError. */
export const uploadDocuments: ShardCheck = {
  name: "upload-documents",
  means: "an upload under way cannot be read: a document in it is not JSON, or it has no key",
  find: ({ sql }, after) =>
    pageOfPairs(
      sql
        .exec<Pair>(
          `SELECT key AS first, upload_id AS second FROM upload WHERE (key, upload_id) > (?, ?)
           AND (key = '' OR NOT json_valid(headers) OR NOT json_valid(COALESCE(attributes, '{}'))
             OR NOT json_valid(COALESCE(access, '{}')) OR NOT json_valid(COALESCE(encryption, '{}')))
           ORDER BY key, upload_id LIMIT ?`,
          ...positionOf(after, ""),
          PAGE_FINDINGS,
        )
        .toArray(),
      "it cannot be read",
    ),
};

/** Of parts that were copied; whether a blob is as long as its part, the store says. */
export const partContents: ShardCheck = {
  name: "part-contents",
  means: "the segments of a part are not as many bytes as the part has",
  find: ({ sql }, after) =>
    pageOfPairs(
      sql
        .exec<Pair>(
          `SELECT upload_id AS first, part_number AS second FROM part WHERE (upload_id, part_number) > (?, ?)
           AND size_bytes <> COALESCE((SELECT SUM(segment.size_bytes) FROM segment
             WHERE segment.content_id = part.content_id), size_bytes)
           ORDER BY upload_id, part_number LIMIT ?`,
          ...positionOf(after, 0),
          PAGE_FINDINGS,
        )
        .toArray(),
      "its segments are more, or fewer, bytes than it has",
    ),
};

type Pair = { first: string; second: number | string };

function positionOf(after: string, least: number | string): readonly (number | string)[] {
  return after === "" ? ["", least] : (JSON.parse(after) as [string, number | string]);
}

function pageOfPairs(pairs: readonly Pair[], detail: string): FindingPage {
  const findings = pairs.map(({ first, second }) => ({
    subject: JSON.stringify([first, second]),
    detail,
  }));
  const last = findings.at(-1);
  const isFull = findings.length >= PAGE_FINDINGS;
  return { findings, next: isFull ? last?.subject : undefined };
}
