import { isPlainUpload, newObjectAccess } from "../../domain/access/new-object-access.ts";
import { ownerOf } from "../../domain/bucket-owner.ts";
import { newUploadEncryption } from "../../domain/encryption/upload-encryption.ts";
import { makingAccount } from "../../domain/known-accounts.ts";
import { uploadAttributes } from "../../domain/upload-attributes.ts";
import { parseMultipartChecksum } from "../../protocol/multipart-checksum.ts";
import { uploadAbortHeaders } from "../../protocol/lifecycle/lifecycle-headers.ts";
import { broughtVersion } from "../../domain/brought-version.ts";
import { REPLICA } from "../../protocol/replication/replication-status.ts";
import { xmlResponse } from "../../protocol/respond.ts";
import { parseStorageClass } from "../../protocol/storage-class.ts";
import { versionHeaders } from "../../protocol/version-headers.ts";
import { newReservedVersionId } from "../../protocol/version-id.ts";
import { parseStoredHeaders } from "../../protocol/stored-headers.ts";
import { ofUpload, SIGNED_ONLY } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";

/**
 * `POST /{bucket}/{key}?uploads`: begins an upload. Everything that the object will be, but its bytes, is said here; in a bucket
 * with versions, `x-amz-version-id` tells which version that will be.
 *
 * Errors: AccessControlListNotSupported, InvalidArgument (ACL, tags, lock), InvalidRequest (algorithm and type of the checksum; a lock in a bucket without
 * Object Lock), InvalidStorageClass, InvalidTag, MetadataTooLarge, NotImplemented.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
 */
export const createMultipartUpload: ObjectOperation = {
  name: "CreateMultipartUpload",
  scope: "object",
  access: ofUpload(SIGNED_ONLY),
  async handle(context) {
    const { request, bucket, key, index, caller, settings } = context;
    const { headers } = request;
    const checksum = parseMultipartChecksum(headers);
    const attributes = await uploadAttributes(context);
    const isPlain = isPlainUpload(context);
    const access = isPlain ? undefined : await newObjectAccess(context);
    const initiator = isPlain
      ? undefined
      : makingAccount(caller, ownerOf(bucket, settings.account));
    const encryption = await newUploadEncryption(context);
    const replica = broughtVersion(context);
    const { versioning, abortsUploads } = bucket.shard.flags;
    const { uploadId, versionId, abort } = await index.createUpload(key, {
      storageClass: parseStorageClass(headers),
      headers: parseStoredHeaders(headers),
      checksum,
      attributes:
        replica === undefined || replica.imported !== undefined
          ? attributes
          : { ...attributes, replication: REPLICA },
      access,
      initiator,
      encryption: encryption?.column,
      ...(versioning === "Enabled" && { versionId: replica?.versionId ?? newReservedVersionId() }),
      ...(abortsUploads === true && { wantsAbort: true }),
    });
    return xmlResponse(
      "InitiateMultipartUploadResult",
      [
        ["Bucket", bucket.name],
        ["Key", key],
        ["UploadId", uploadId],
      ],
      {
        headers: {
          ...versionHeaders(versionId),
          ...uploadAbortHeaders(abort),
          ...(checksum !== undefined && {
            "x-amz-checksum-algorithm": checksum.algorithm,
            "x-amz-checksum-type": checksum.type,
          }),
          ...encryption?.headers,
        },
      },
    );
  },
};
