import { uploadAttributes } from "../../domain/upload-attributes.ts";
import { encryptionHeaders } from "../../protocol/encryption-headers.ts";
import { parseMultipartChecksum } from "../../protocol/multipart-checksum.ts";
import { REFUSED_OF_WRITES } from "../../protocol/refused-headers.ts";
import { xmlResponse } from "../../protocol/respond.ts";
import { parseStorageClass } from "../../protocol/storage-class.ts";
import { parseStoredHeaders } from "../../protocol/stored-headers.ts";
import { ofUpload, SIGNED_ONLY } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";

/**
 * `POST /{bucket}/{key}?uploads`: begins an upload. Everything that the object will be, but its bytes, is said here.
 *
 * Errors: InvalidArgument (tags, lock), InvalidRequest (algorithm and type of the checksum; a lock in a bucket without
 * Object Lock), InvalidStorageClass, InvalidTag, MetadataTooLarge, NotImplemented.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
 */
export const createMultipartUpload: ObjectOperation = {
  name: "CreateMultipartUpload",
  scope: "object",
  access: ofUpload(SIGNED_ONLY),
  refuses: REFUSED_OF_WRITES,
  async handle(context) {
    const { request, bucket, key, index } = context;
    const { headers } = request;
    const checksum = parseMultipartChecksum(headers);
    const uploadId = await index.createUpload(key, {
      storageClass: parseStorageClass(headers),
      headers: parseStoredHeaders(headers),
      checksum,
      attributes: await uploadAttributes(context),
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
          ...(checksum !== undefined && {
            "x-amz-checksum-algorithm": checksum.algorithm,
            "x-amz-checksum-type": checksum.type,
          }),
          ...encryptionHeaders(headers),
        },
      },
    );
  },
};
