import { latestFlags } from "../../domain/latest-flags.ts";
import { latestFacts } from "../../domain/access/latest-facts.ts";
import { ownerToShow } from "../../domain/access/shown-acl.ts";
import type { BucketFacts } from "../../domain/access/facts.ts";
import { formatIsoDate } from "../../lib/http-date.ts";
import type { XmlNode } from "../../lib/xml-writer.ts";
import { parseListMultipartUploads } from "../../protocol/multipart-parameters.ts";
import type { ShardFlags } from "../../protocol/bucket-configuration.ts";
import { xmlResponse } from "../../protocol/respond.ts";
import { entryName } from "../../storage/ports/bucket-index.ts";
import type { UploadSummary } from "../../storage/ports/upload-index.ts";
import { listingNodes, nameWriter, NO_ENTRIES, pageOf } from "../listing.ts";
import { onBucket, SIGNED_ONLY } from "../access.ts";
import type { BucketOperation } from "../operation.ts";
import { ownerContent } from "../owner-content.ts";

/**
 * `GET /{bucket}?uploads`: one page of the uploads in progress, by key, and of one key by their beginning.
 *
 * The next markers are those of the page's last entry, a common prefix included, so that every page leads to the next.
 * Errors: NoSuchBucket, InvalidArgument.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
 */
export const listMultipartUploads: BucketOperation = {
  name: "ListMultipartUploads",
  scope: "bucket",
  access: onBucket("ListBucketMultipartUploads", SIGNED_ONLY),
  readsIndex: true,
  async handle(context) {
    const { request, bucket, index } = context;
    const facts = latestFacts(context);
    const flags = latestFlags(context);
    const { prefix, delimiter, keyMarker, uploadIdMarker, maxUploads, encodingType } =
      parseListMultipartUploads(request.query);
    const { entries, isTruncated } = await pageOf(maxUploads, NO_ENTRIES, (limit) =>
      index.listUploads({
        prefix: prefix ?? "",
        delimiter: delimiter ?? "",
        afterKey: keyMarker,
        afterUploadId: uploadIdMarker,
        limit,
      }),
    );
    const next = entries.at(-1);
    const access = facts();
    const writeName = nameWriter(encodingType);
    const head: XmlNode[] = [
      ["Bucket", bucket.name],
      ["KeyMarker", writeName(keyMarker)],
      ["UploadIdMarker", uploadIdMarker],
      ["NextKeyMarker", writeName(next === undefined ? "" : entryName(next))],
      ["NextUploadIdMarker", next?.kind === "upload" ? next.upload.uploadId : ""],
      ["Delimiter", delimiter && writeName(delimiter)],
      ["Prefix", prefix && writeName(prefix)],
      ["MaxUploads", maxUploads],
      ["EncodingType", encodingType],
      ["IsTruncated", isTruncated],
    ];
    const content = listingNodes(head, entries, writeName, ({ upload }) =>
      uploadNode(upload, writeName, access, flags()),
    );
    return xmlResponse("ListMultipartUploadsResult", content);
  },
};

function uploadNode(
  upload: UploadSummary,
  writeName: (name: string) => string,
  bucket: BucketFacts,
  { versioning }: ShardFlags,
): XmlNode {
  const { key, uploadId, initiatedMs, storageClass, checksum, owner, initiator } = upload;
  return [
    "Upload",
    [
      ["Key", writeName(key)],
      ["UploadId", uploadId],
      ["Initiator", ownerContent(initiator ?? bucket.owner)],
      ["Owner", ownerContent(ownerToShow(owner, bucket))],
      ["StorageClass", storageClass],
      ["Initiated", formatIsoDate(initiatedMs)],
      ["ChecksumAlgorithm", checksum?.algorithm],
      ["ChecksumType", checksum?.type],
      ["VersionId", versioning === "Enabled" ? upload.versionId : undefined],
    ],
  ];
}
