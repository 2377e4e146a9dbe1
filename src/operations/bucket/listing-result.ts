import type { Account } from "../../protocol/owner.ts";
import { formatIsoDate } from "../../lib/http-date.ts";
import { urlEncode } from "../../lib/url-encoding.ts";
import type { XmlNode } from "../../lib/xml-writer.ts";
import { quoteEtag } from "../../protocol/etag.ts";
import type { ObjectSummary } from "../../protocol/object-record.ts";
import { regionOf } from "../../protocol/region.ts";
import { ownerContent } from "../owner-content.ts";
import type { BucketRecord } from "../../storage/bucket-directory.ts";
import type { BucketIndex, ListEntry, ListPage, ListQuery } from "../../storage/bucket-index.ts";

/** One page of a listing; with a limit of 0 it is empty and final, whatever the bucket holds, as AWS has it. */
export async function listPage(index: BucketIndex, query: ListQuery): Promise<ListPage> {
  if (query.limit > 0) return index.list(query);
  // Asked all the same, so that a bucket that is gone does not answer.
  await index.list({ ...query, limit: 1 });
  return { entries: [], isTruncated: false };
}

/** How names are written: percent-encoded with `encoding-type=url`, which carries what XML cannot. */
export function nameWriter(encodingType: "url" | undefined): (name: string) => string {
  return encodingType === "url" ? urlEncode : (name) => name;
}

/**
 * AWS sends it with every page of both versions of ListObjects, without documenting it (recorded 2026-02; seen:
 * https://github.com/versity/versitygw/issues/1814).
 */
export function regionHeader({ region }: BucketRecord): Record<string, string> {
  return { "x-amz-bucket-region": regionOf(region) };
}

/** Key or common prefix: what the next page continues after. */
export function entryName(entry: ListEntry): string {
  return entry.kind === "object" ? entry.object.key : entry.prefix;
}

/** `<Contents>` and `<CommonPrefixes>` of a page, the contents first. `owner` is left out when undefined. */
export function entryNodes(
  { entries }: ListPage,
  writeName: (name: string) => string,
  owner: Account | undefined,
): XmlNode[] {
  const contents: XmlNode[] = [];
  const commonPrefixes: XmlNode[] = [];
  for (const entry of entries) {
    if (entry.kind === "object") contents.push(contentsNode(entry.object, writeName, owner));
    else commonPrefixes.push(["CommonPrefixes", [["Prefix", writeName(entry.prefix)]]]);
  }
  return [...contents, ...commonPrefixes];
}

function contentsNode(
  object: ObjectSummary,
  writeName: (name: string) => string,
  owner: Account | undefined,
): XmlNode {
  return [
    "Contents",
    [
      ["Key", writeName(object.key)],
      ["LastModified", formatIsoDate(object.lastModifiedMs)],
      ["ETag", quoteEtag(object.etag)],
      ["ChecksumAlgorithm", object.checksum?.algorithm],
      ["ChecksumType", object.checksum?.type],
      ["Size", object.sizeBytes],
      ["Owner", owner && ownerContent(owner)],
      ["StorageClass", object.storageClass],
    ],
  ];
}
