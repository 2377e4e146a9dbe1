import type { Account } from "../../protocol/owner.ts";
import { formatIsoDate } from "../../lib/http-date.ts";
import type { XmlNode } from "../../lib/xml-writer.ts";
import { parseListMultipartUploads } from "../../protocol/multipart-parameters.ts";
import { xmlResponse } from "../../protocol/respond.ts";
import type { BucketIndex } from "../../storage/bucket-index.ts";
import type {
  ListUploadsQuery,
  UploadEntry,
  UploadPage,
  UploadSummary,
} from "../../storage/upload-index.ts";
import { nameWriter } from "../bucket/listing-result.ts";
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
  readsIndex: true,
  async handle({ request, bucket, index, caller }) {
    const { prefix, delimiter, keyMarker, uploadIdMarker, maxUploads, encodingType } =
      parseListMultipartUploads(request.query);
    const { entries, isTruncated } = await uploadPage(index, {
      prefix: prefix ?? "",
      delimiter: delimiter ?? "",
      afterKey: keyMarker,
      afterUploadId: uploadIdMarker,
      limit: maxUploads,
    });
    const next = nextMarkers(entries.at(-1));
    const writeName = nameWriter(encodingType);
    return xmlResponse("ListMultipartUploadsResult", [
      ["Bucket", bucket.name],
      ["KeyMarker", writeName(keyMarker)],
      ["UploadIdMarker", uploadIdMarker],
      ["NextKeyMarker", writeName(next.key)],
      ["NextUploadIdMarker", next.uploadId],
      ["Delimiter", delimiter && writeName(delimiter)],
      ["Prefix", prefix && writeName(prefix)],
      ["MaxUploads", maxUploads],
      ["EncodingType", encodingType],
      ["IsTruncated", isTruncated],
      ...entryNodes(entries, writeName, caller),
    ]);
  },
};

/** With a limit of 0 it is empty and final, as a page of ListObjects is. */
async function uploadPage(index: BucketIndex, query: ListUploadsQuery): Promise<UploadPage> {
  const page = await index.listUploads({ ...query, limit: Math.max(query.limit, 1) });
  return query.limit === 0 ? { entries: [], isTruncated: false } : page;
}

function nextMarkers(last: UploadEntry | undefined): { key: string; uploadId: string } {
  if (last === undefined) return { key: "", uploadId: "" };
  return last.kind === "upload" ? last.upload : { key: last.prefix, uploadId: "" };
}

/** The uploads first, then the common prefixes. */
function entryNodes(
  entries: readonly UploadEntry[],
  writeName: (name: string) => string,
  owner: Account,
): XmlNode[] {
  const uploads: XmlNode[] = [];
  const commonPrefixes: XmlNode[] = [];
  for (const entry of entries) {
    if (entry.kind === "upload") uploads.push(uploadNode(entry.upload, writeName, owner));
    else commonPrefixes.push(["CommonPrefixes", [["Prefix", writeName(entry.prefix)]]]);
  }
  return [...uploads, ...commonPrefixes];
}

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
