import { latestFlags } from "../../domain/latest-flags.ts";
import { latestFacts } from "../../domain/access/latest-facts.ts";
import { ownerToShow } from "../../domain/access/shown-acl.ts";
import { requireUploadsKey } from "../../domain/encryption/open-upload.ts";
import { formatIsoDate } from "../../lib/http-date.ts";
import type { XmlNode } from "../../lib/xml-writer.ts";
import { checksumValueNodes } from "../../protocol/checksum-headers.ts";
import { parseCustomerKey } from "../../protocol/encryption/customer-key.ts";
import { quoteEtag } from "../../protocol/etag.ts";
import { uploadAbortHeaders } from "../../protocol/lifecycle/lifecycle-headers.ts";
import { parseListParts } from "../../protocol/multipart-parameters.ts";
import { reservedVersion } from "../../protocol/version-headers.ts";
import { xmlResponse } from "../../protocol/respond.ts";
import { noSuchUpload, uploadIdOf } from "../../protocol/upload-id.ts";
import type { PartRecord } from "../../protocol/multipart-completion.ts";
import { NO_PARTS, pageOf } from "../listing.ts";
import { onObject, SIGNED_ONLY } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";
import { ownerContent } from "../owner-content.ts";

/**
 * `GET /{bucket}/{key}?uploadId`: one page of an upload's parts, in the order of their numbers. The account that began it may
 * see them, unless a policy denies it.
 *
 * NextPartNumberMarker is on pages that have a next one only, as documented. AWS sends it always, 0 at the end, and so
 * paginators that follow it begin anew for ever (https://github.com/aws/aws-sdk-go-v2/issues/1140).
 * Errors: NoSuchUpload, InvalidArgument, InvalidRequest.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html
 */
export const listParts: ObjectOperation = {
  name: "ListParts",
  scope: "object",
  access: onObject("ListMultipartUploadParts", SIGNED_ONLY),
  needsObject: true,
  async handle(context) {
    const { request, bucket, key, index } = context;
    const facts = latestFacts(context);
    const flags = latestFlags(context);
    const { partNumberMarker, maxParts } = parseListParts(request.query);
    const uploadId = uploadIdOf(request.query);
    const customerKey = parseCustomerKey(request.headers);
    const { upload, parts, isTruncated, abort } = await pageOf(
      maxParts,
      NO_PARTS,
      async (limit) => {
        const page = await index.listParts(key, uploadId, partNumberMarker, limit);
        if (page === undefined) throw noSuchUpload(uploadId);
        if (customerKey !== undefined)
          requireUploadsKey(bucket.id, page.upload.encryption, customerKey);
        return page;
      },
    );
    const access = facts();
    const content: XmlNode[] = [
      ["Bucket", bucket.name],
      ["Key", key],
      ["UploadId", upload.uploadId],
      ["Initiator", ownerContent(upload.initiator ?? access.owner)],
      ["Owner", ownerContent(ownerToShow(upload.owner, access))],
      ["StorageClass", upload.storageClass],
      ["PartNumberMarker", partNumberMarker],
      ["NextPartNumberMarker", isTruncated ? parts.at(-1)?.partNumber : undefined],
      ["MaxParts", maxParts],
      ["IsTruncated", isTruncated],
      ["ChecksumAlgorithm", upload.checksum?.algorithm],
      ["ChecksumType", upload.checksum?.type],
      ...parts.map(partNode),
    ];
    const headers = {
      ...reservedVersion(upload.versionId, flags()),
      ...uploadAbortHeaders(abort),
    };
    return xmlResponse("ListPartsResult", content, { headers });
  },
};

function partNode({ partNumber, lastModifiedMs, etag, sizeBytes, checksum }: PartRecord): XmlNode {
  return [
    "Part",
    [
      ["PartNumber", partNumber],
      ["LastModified", formatIsoDate(lastModifiedMs)],
      ["ETag", quoteEtag(etag)],
      ["Size", sizeBytes],
      ...checksumValueNodes(checksum),
    ],
  ];
}
