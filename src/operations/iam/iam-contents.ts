import type { XmlContent, XmlNode } from "../../lib/xml-writer.ts";
import type { Tag, TagSet } from "../../protocol/tag-set.ts";

/** `2026-11-25T21:00:00Z` */
export function iamTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d{3}/, "");
}

/**
 * A policy as answers have it, percent-encoded.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUserPolicy.html, which says by RFC 3986
 */
export function encodedDocument(document: string): string {
  return encodeURIComponent(document).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
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
  return ["Tags", tags.length === 0 ? undefined : memberList(tags, tagContent)];
}

export function tagContent({ key, value }: Tag): XmlNode[] {
  return [
    ["Key", key],
    ["Value", value],
  ];
}
