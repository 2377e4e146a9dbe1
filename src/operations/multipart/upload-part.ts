import { latestFlags } from "../../domain/latest-flags.ts";
import { incomingBody } from "../../domain/body/incoming-body.ts";
import { bodyClaims } from "../../domain/body/read-document.ts";
import { writePart } from "../../domain/write-part.ts";
import { checksumHeader } from "../../protocol/checksums.ts";
import { parseNewCustomerKey } from "../../protocol/encryption/customer-key.ts";
import { partEncryptionHeaders } from "../../protocol/encryption/stored-encryption.ts";
import { quoteEtag } from "../../protocol/etag.ts";
import { parsePartNumber } from "../../protocol/range.ts";
import { reservedVersion } from "../../protocol/version-headers.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import { uploadIdOf } from "../../protocol/upload-id.ts";
import { onObject, SIGNED_ONLY } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";

/**
 * `PUT /{bucket}/{key}?partNumber&uploadId`: stores the body as one part, in place of an earlier one of its number.
 *
 * Errors: NoSuchUpload, InvalidArgument (the part number), InvalidRequest (a checksum that the upload does not want), and
 * those of a body: BadDigest, EntityTooLarge, IncompleteBody, InvalidDigest, MissingContentLength,
 * XAmzContentSHA256Mismatch.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
 */
export const uploadPart: ObjectOperation = {
  name: "UploadPart",
  scope: "object",
  storesBody: true,
  access: onObject("PutObject", SIGNED_ONLY),
  async handle(context) {
    const { request, payload, key } = context;
    const flags = latestFlags(context);
    const customerKey = parseNewCustomerKey(request.headers);
    const { etag, checksum, encryption, versionId } = await writePart(context, {
      key,
      uploadId: uploadIdOf(request.query),
      partNumber: parsePartNumber(request.query.get("partNumber") ?? ""),
      body: incomingBody(context),
      claims: bodyClaims(request, payload),
      customerKey,
    });
    return emptyResponse(200, {
      etag: quoteEtag(etag),
      ...reservedVersion(versionId, flags()),
      ...partEncryptionHeaders(encryption, customerKey),
      ...(checksum !== undefined && { [checksumHeader(checksum.algorithm)]: checksum.value }),
    });
  },
};
