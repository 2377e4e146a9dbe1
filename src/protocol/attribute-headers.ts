import { lockHeaders } from "./object-lock.ts";
import type { ObjectAttributes } from "./object-record.ts";

/** What GetObject and HeadObject tell of tags, retention, and legal hold. */
export function attributeHeaders(attributes: ObjectAttributes): Readonly<Record<string, string>> {
  const { length } = attributes.tags;
  return {
    ...(length > 0 && { "x-amz-tagging-count": String(length) }),
    ...lockHeaders(attributes),
  };
}
