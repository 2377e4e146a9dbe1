import { lockHeaders } from "./object-lock.ts";
import type { ObjectAttributes } from "./object-record.ts";

/** What GetObject and HeadObject tell of tags, retention, legal hold, and replication. */
export function attributeHeaders(attributes: ObjectAttributes): Readonly<Record<string, string>> {
  const { tags, replication } = attributes;
  const { length } = tags;
  return {
    ...(length > 0 && { "x-amz-tagging-count": String(length) }),
    ...lockHeaders(attributes),
    ...(replication !== undefined && { "x-amz-replication-status": replication.status }),
  };
}
