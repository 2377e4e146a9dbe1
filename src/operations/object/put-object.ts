import { appendObject } from "../../domain/append-object.ts";
import { incomingBody } from "../../domain/body/incoming-body.ts";
import { writeObject } from "../../domain/write-object.ts";
import { checksumHeaders } from "../../protocol/checksum-headers.ts";
import { parseCustomerKey } from "../../protocol/encryption/customer-key.ts";
import { S3Error } from "../../protocol/errors.ts";
import { quoteEtag } from "../../protocol/etag.ts";
import { expirationHeaders } from "../../protocol/lifecycle/lifecycle-headers.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import { putVersion } from "../../protocol/version-headers.ts";
import { parseWriteOffset } from "../../protocol/write-offset.ts";
import { ofUpload } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";
import { describedUpload } from "../../domain/described-upload.ts";

/**
 * `PUT /{bucket}/{key}`: stores the body as the object of the key, whole or not at all; with `x-amz-write-offset-bytes`, at
 * the end of the object that is there.
 *
 * Errors: AccessControlListNotSupported, BadDigest, EntityTooLarge, IncompleteBody, InvalidArgument (ACL, tags, lock), InvalidDigest, InvalidRequest (two ACLs; a lock in a
 * bucket without Object Lock, or with nothing that vouches for the body), InvalidStorageClass, InvalidTag, MetadataTooLarge,
 * MissingContentLength, NoSuchKey (If-Match on a missing key), PreconditionFailed, XAmzContentSHA256Mismatch; of an append also
 * InvalidWriteOffset, OperationAborted, TooManyParts.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 */
export const putObject: ObjectOperation = {
  name: "PutObject",
  scope: "object",
  storesBody: true,
  access: ofUpload(),
  async handle(context) {
    const { headers } = context.request;
    const described = await describedUpload(context);
    const offsetBytes = parseWriteOffset(headers);
    if (offsetBytes !== undefined && described.replica !== undefined)
      throw new S3Error("InvalidRequest", {
        message: "A version that is brought is brought whole",
      });
    const upload = { ...described, body: incomingBody(context) };
    const written = await (offsetBytes === undefined
      ? writeObject(context, upload)
      : appendObject(context, { ...upload, offsetBytes, customerKey: parseCustomerKey(headers) }));
    return emptyResponse(200, {
      etag: quoteEtag(written.etag),
      ...written.encryptionHeaders,
      ...checksumHeaders(written.checksum),
      ...putVersion(written.versionId),
      ...expirationHeaders(written.expiration),
      ...(offsetBytes !== undefined && { "x-amz-object-size": String(written.sizeBytes) }),
    });
  },
};
