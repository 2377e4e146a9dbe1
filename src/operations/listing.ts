import { urlEncode } from "../lib/url-encoding.ts";
import { xml, type XmlNode } from "../lib/xml-writer.ts";

/**
 * One page of a listing. With a limit of 0 it is empty and final, whatever there is, as AWS has it; the index is asked all the
 * same, so that the answer for a bucket or an upload that is gone is that it is gone.
 *
 * @param empty the members that make a page an empty one
 */
export async function pageOf<Page>(
  limit: number,
  empty: Partial<Page>,
  list: (limit: number) => Promise<Page>,
): Promise<Page> {
  const page = await list(Math.max(limit, 1));
  return limit > 0 ? page : { ...page, ...empty };
}

export const NO_ENTRIES = { entries: [], isTruncated: false } as const;
export const NO_PARTS = { parts: [], isTruncated: false } as const;

/** How names are written: percent-encoded with `encoding-type=url`, which carries what XML cannot. */
export function nameWriter(encodingType: "url" | undefined): (name: string) => string {
  return encodingType === "url" ? urlEncode : (name) => name;
}

interface CommonPrefix {
  readonly kind: "prefix";
  readonly prefix: string;
}

/** What stands in front of a page, what it lists, and behind that its `<CommonPrefixes>`; each made as it is written. */
export function* listingNodes<Entry extends { readonly kind: string }>(
  head: readonly XmlNode[],
  entries: readonly (Entry | CommonPrefix)[],
  writeName: (name: string) => string,
  nodeOf: (entry: Entry) => XmlNode,
): Generator<XmlNode, void, undefined> {
  yield* head;
  for (const entry of entries) if (!isCommonPrefix(entry)) yield nodeOf(entry);
  for (const entry of entries)
    if (isCommonPrefix(entry))
      yield xml`<CommonPrefixes><Prefix>${writeName(entry.prefix)}</Prefix></CommonPrefixes>`;
}

function isCommonPrefix(entry: { readonly kind: string }): entry is CommonPrefix {
  return entry.kind === "prefix";
}
