import { isPlainUpload, newObjectAccess } from "../../domain/access/new-object-access.ts";
import { appendObject } from "../../domain/append-object.ts";
import { incomingBody } from "../../domain/body/incoming-body.ts";
import { bodyClaims } from "../../domain/body/read-document.ts";
import { requireVouchedUpload, uploadAttributes } from "../../domain/upload-attributes.ts";
import { writeObject } from "../../domain/write-object.ts";
import { checksumHeaders } from "../../protocol/checksum-headers.ts";
import { parseWriteConditions } from "../../protocol/write-conditions.ts";
import { encryptionHeaders } from "../../protocol/encryption-headers.ts";
import { quoteEtag } from "../../protocol/etag.ts";
import { REFUSED_OF_WRITES } from "../../protocol/refused-headers.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import { parseStorageClass } from "../../protocol/storage-class.ts";
import { parseStoredHeaders } from "../../protocol/stored-headers.ts";
import { putVersion } from "../../protocol/version-headers.ts";
import { parseWriteOffset } from "../../protocol/write-offset.ts";
import { ofUpload } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";

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
  access: ofUpload(),
  refuses: REFUSED_OF_WRITES,
  async handle(context) {
    const { request, payload, key } = context;
    const { headers } = request;
    const attributes = await uploadAttributes(context);
    await requireVouchedUpload(context, attributes);
    const access = isPlainUpload(context) ? undefined : await newObjectAccess(context);
    const offsetBytes = parseWriteOffset(headers);
    const upload = {
      key,
      body: incomingBody(context),
      claims: bodyClaims(request, payload),
      headers: parseStoredHeaders(headers),
      storageClass: parseStorageClass(headers),
      attributes,
      access,
      conditions: parseWriteConditions(headers),
    };
    const written = await (offsetBytes === undefined
      ? writeObject(context, upload)
      : appendObject(context, { ...upload, offsetBytes }));
    return emptyResponse(200, {
      etag: quoteEtag(written.etag),
      ...checksumHeaders(written.checksum),
      ...putVersion(written.versionId),
      ...encryptionHeaders(headers),
      ...(offsetBytes !== undefined && { "x-amz-object-size": String(written.sizeBytes) }),
    });
  },
};
