import { latestFacts } from "../../domain/access/latest-facts.ts";
import { ownerToShow } from "../../domain/access/shown-acl.ts";
import type { Account } from "../../protocol/owner.ts";
import { formatIsoDate } from "../../lib/http-date.ts";
import type { XmlNode } from "../../lib/xml-writer.ts";
import { quoteEtag } from "../../protocol/etag.ts";
import { parseListObjectVersions } from "../../protocol/listing-parameters.ts";
import { xmlResponse } from "../../protocol/respond.ts";
import { entryName, type VersionSummary } from "../../storage/ports/bucket-index.ts";
import { listingNodes, nameWriter, NO_ENTRIES, pageOf } from "../listing.ts";
import { onBucket } from "../access.ts";
import type { BucketOperation } from "../operation.ts";
import { ownerContent } from "../owner-content.ts";

/**
 * `GET /{bucket}?versions`: one page of all versions and delete markers, by key, the newest of a key first.
 *
 * Errors: NoSuchBucket, InvalidArgument.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
 */
export const listObjectVersions: BucketOperation = {
  name: "ListObjectVersions",
  scope: "bucket",
  access: onBucket("ListBucketVersions"),
  readsIndex: true,
  async handle(context) {
    const { request, bucket, index } = context;
    const facts = latestFacts(context);
    const parameters = parseListObjectVersions(request.query, request.headers);
    const { prefix, delimiter, keyMarker, versionIdMarker, maxKeys, encodingType } = parameters;
    const page = await pageOf(maxKeys, NO_ENTRIES, (limit) =>
      index.listVersions({
        prefix,
        delimiter,
        afterKey: keyMarker,
        afterVersionId: versionIdMarker,
        limit,
      }),
    );
    const access = facts();
    const writeName = nameWriter(encodingType);
    const next = page.isTruncated ? page.entries.at(-1) : undefined;
    const head: XmlNode[] = [
      ["Name", bucket.name],
      ["Prefix", writeName(prefix)],
      ["KeyMarker", writeName(keyMarker)],
      ["VersionIdMarker", versionIdMarker ?? ""],
      ["NextKeyMarker", next && writeName(entryName(next))],
      ["NextVersionIdMarker", next?.kind === "version" ? next.version.versionId : undefined],
      ["MaxKeys", maxKeys],
      ["Delimiter", delimiter === "" ? undefined : writeName(delimiter)],
      ["EncodingType", encodingType],
      ["IsTruncated", page.isTruncated],
    ];
    const content = listingNodes(head, page.entries, writeName, ({ version }) =>
      versionNode(version, writeName, ownerToShow(version.object.owner, access)),
    );
    return xmlResponse("ListVersionsResult", content);
  },
};

function versionNode(
  { object, versionId, isMarker, isLatest }: VersionSummary,
  writeName: (name: string) => string,
  owner: Account,
): XmlNode {
  const ownerNode: XmlNode = ["Owner", ownerContent(owner)];
  const common: XmlNode[] = [
    ["Key", writeName(object.key)],
    ["VersionId", versionId],
    ["IsLatest", isLatest],
    ["LastModified", formatIsoDate(object.lastModifiedMs)],
  ];
  if (isMarker) return ["DeleteMarker", [...common, ownerNode]];
  return [
    "Version",
    [
      ...common,
      ["ETag", quoteEtag(object.etag)],
      ["ChecksumAlgorithm", object.checksum?.algorithm],
      ["ChecksumType", object.checksum?.type],
      ["Size", object.sizeBytes],
      ["StorageClass", object.storageClass],
      ownerNode,
    ],
  ];
}
