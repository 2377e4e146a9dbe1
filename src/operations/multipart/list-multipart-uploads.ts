import { ownerOf } from "../../domain/bucket-owner.ts";
import type { Account } from "../../protocol/owner.ts";
import { formatIsoDate } from "../../lib/http-date.ts";
import type { XmlNode } from "../../lib/xml-writer.ts";
import { parseListMultipartUploads } from "../../protocol/multipart-parameters.ts";
import { xmlResponse } from "../../protocol/respond.ts";
import { entryName } from "../../storage/ports/bucket-index.ts";
import type { UploadSummary } from "../../storage/ports/upload-index.ts";
import { entryNodes, nameWriter, NO_ENTRIES, pageOf } from "../listing.ts";
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
  async handle({ request, bucket, index, settings }) {
    const owner = ownerOf(bucket, settings.account);
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
    const writeName = nameWriter(encodingType);
    return xmlResponse("ListMultipartUploadsResult", [
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
      ...entryNodes(entries, writeName, ({ upload }) => uploadNode(upload, writeName, owner)),
    ]);
  },
};

function uploadNode(
  { key, uploadId, initiatedMs, storageClass, checksum }: UploadSummary,
  writeName: (name: string) => string,
  owner: Account,
): XmlNode {
  return [
    "Upload",
    [
      ["Key", writeName(key)],
      ["UploadId", uploadId],
      ["Initiator", ownerContent(owner)],
      ["Owner", ownerContent(owner)],
      ["StorageClass", storageClass],
      ["Initiated", formatIsoDate(initiatedMs)],
      ["ChecksumAlgorithm", checksum?.algorithm],
      ["ChecksumType", checksum?.type],
    ],
  ];
}
