import { formatIsoDate } from "../../lib/http-date.ts";
import { xml, type XmlNode } from "../../lib/xml-writer.ts";
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
  const { key, lastModifiedMs, etag, checksum, sizeBytes, storageClass } = object;
  const checksumElements =
    checksum &&
    xml`<ChecksumAlgorithm>${checksum.algorithm}</ChecksumAlgorithm><ChecksumType>${checksum.type}</ChecksumType>`;
  const ownerElement: XmlNode | undefined = owner && ["Owner", ownerContent(owner)];
  return xml`<Contents><Key>${writeName(key)}</Key><LastModified>${formatIsoDate(lastModifiedMs)}</LastModified><ETag>&quot;${etag}&quot;</ETag>${checksumElements}<Size>${sizeBytes}</Size>${ownerElement}<StorageClass>${storageClass}</StorageClass></Contents>`;
}
