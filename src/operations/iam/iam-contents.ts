import type { XmlContent, XmlNode } from "../../lib/xml-writer.ts";
import type { TagSet } from "../../protocol/tag-set.ts";

/** `2026-11-25T21:00:00Z` */
export function iamTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d{3}/, "");
}

/** A list, each element of which is `<member>`. */
export function memberList<Item>(
  items: readonly Item[],
  contentOf: (item: Item) => XmlContent | undefined,
): XmlNode[] {
  return items.map((item) => ["member", contentOf(item)]);
}

/** `<Tags>`, unless there are none. */
export function tagsContent(tags: TagSet): XmlNode {
  const members = memberList(tags, ({ key, value }) => [
    ["Key", key],
    ["Value", value],
  ]);
  return ["Tags", tags.length === 0 ? undefined : members];
}
