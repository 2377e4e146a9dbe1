import { formatIsoDate } from "../../lib/http-date.ts";
import type { XmlNode } from "../../lib/xml-writer.ts";
import { quoteEtag } from "../../protocol/etag.ts";
import type { ObjectSummary } from "../../protocol/object-record.ts";
import type { Account } from "../../protocol/owner.ts";
import { regionOf } from "../../protocol/region.ts";
import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import { ownerContent } from "../owner-content.ts";

/**
 * AWS sends it with every page of both versions of ListObjects, without documenting it (recorded 2026-02; seen:
 * https://github.com/versity/versitygw/issues/1814).
 */
export function regionHeader({ region }: BucketRecord): Record<string, string> {
  return { "x-amz-bucket-region": regionOf(region) };
}

/** `<Contents>` of either version of ListObjects. `owner` is left out when undefined. */
export function contentsNode(
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
