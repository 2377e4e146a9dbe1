import { latestFlags } from "../../domain/latest-flags.ts";
import { copyPart } from "../../domain/copy-part.ts";
import { readSource } from "../../domain/copy-source.ts";
import { openUpload } from "../../domain/encryption/open-upload.ts";
import { formatIsoDate } from "../../lib/http-date.ts";
import { checksumValueNodes } from "../../protocol/checksum-headers.ts";
import { checkSourceConditions } from "../../protocol/read-conditions.ts";
import { parseCopySource } from "../../protocol/copy-source.ts";
import { parseNewCustomerKey } from "../../protocol/encryption/customer-key.ts";
import { partEncryptionHeaders } from "../../protocol/encryption/stored-encryption.ts";
import { quoteEtag } from "../../protocol/etag.ts";
import { parseCopyRange, parsePartNumber, requireCopyRange } from "../../protocol/range.ts";
import { xmlResponse } from "../../protocol/respond.ts";
import { noSuchUpload, uploadIdOf } from "../../protocol/upload-id.ts";
import { copySourceVersion, reservedVersion } from "../../protocol/version-headers.ts";
import { WANTS_CONTENT } from "../../storage/ports/content-index.ts";
import { onObject, SIGNED_ONLY } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";

/**
 * `PUT /{bucket}/{key}?partNumber=&uploadId=` with `x-amz-copy-source`: makes a part of an object, or of a range of it,
 * without moving its bytes.
 *
 * Errors: InvalidArgument, InvalidRequest (over 5 GiB), NoSuchBucket, NoSuchKey, NoSuchUpload, PreconditionFailed,
 * SlowDown.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
 */
export const uploadPartCopy: ObjectOperation = {
  name: "UploadPartCopy",
  scope: "object",
  access: onObject("PutObject", SIGNED_ONLY),
  async handle(context) {
    const { key, index } = context;
    const flags = latestFlags(context);
    const { headers, query } = context.request;
    const partNumber = parsePartNumber(query.get("partNumber") ?? "");
    const uploadId = uploadIdOf(query);
    const source = parseCopySource(headers);
    const range = parseCopyRange(headers);
    const upload = await index.findUpload(key, uploadId);
    if (upload === undefined) throw noSuchUpload(uploadId);
    const customerKey = parseNewCustomerKey(headers);
    const objectKey = await openUpload(context, upload, customerKey);

    let sourceVersionId: string | undefined;
    const { etag, lastModifiedMs, checksum } = await copyPart(context, {
      key,
      uploadId,
      partNumber,
      checksumAlgorithm: upload.checksum?.algorithm,
      objectKey,
      async readSource() {
        const wanted = { ...WANTS_CONTENT, range };
        const found = await readSource(context, source, wanted);
        const { record } = found;
        checkSourceConditions(headers, "x-amz-copy-source-", record);
        const { sizeBytes, versionId } = record;
        sourceVersionId = versionId;
        const all = { offset: 0, length: sizeBytes };
        return { ...found, range: range ? requireCopyRange(headers, range, sizeBytes) : all };
      },
    });
    return xmlResponse(
      "CopyPartResult",
      [
        ["ETag", quoteEtag(etag)],
        ["LastModified", formatIsoDate(lastModifiedMs)],
        ...checksumValueNodes(checksum),
      ],
      {
        headers: {
          ...reservedVersion(upload.versionId, flags()),
          ...copySourceVersion(sourceVersionId),
          ...partEncryptionHeaders(upload.encryption, customerKey),
        },
      },
    );
  },
};
