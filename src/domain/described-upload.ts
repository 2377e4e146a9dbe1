import { isPlainUpload, newObjectAccess } from "./access/new-object-access.ts";
import { newUploadEncryption } from "./encryption/upload-encryption.ts";
import { bodyClaims } from "./body/read-document.ts";
import type { Payload } from "./auth/payload.ts";
import type { BucketPorts } from "./ports.ts";
import { requireVouchedUpload, uploadAttributes } from "./upload-attributes.ts";
import type { DescribedUpload } from "./write-object.ts";
import type { Caller } from "../protocol/caller.ts";
import type { S3Request } from "../protocol/s3-request.ts";
import { broughtVersion } from "./brought-version.ts";
import { parseStorageClass } from "../protocol/storage-class.ts";
import { parseStoredHeaders } from "../protocol/stored-headers.ts";
import { parseWriteConditions } from "../protocol/write-conditions.ts";

interface UploadRequest extends BucketPorts {
  readonly caller: Caller;
  readonly request: S3Request;
  readonly payload: Payload;
  readonly key: string;
}

/**
 * What PutObject's headers say of the object that its body is to be.
 *
 * @throws S3Error AccessControlListNotSupported, AccessDenied (public ACLs are blocked), InvalidArgument (ACL, tags, lock),
 *   InvalidDigest, InvalidRequest (two ACLs; a lock in a bucket without Object Lock, or with
 *   nothing that vouches for the body), InvalidStorageClass, InvalidTag, MetadataTooLarge, NotImplemented (conditions)
 */
export async function describedUpload(context: UploadRequest): Promise<DescribedUpload> {
  const { request, payload, key } = context;
  const { headers } = request;
  const attributes = await uploadAttributes(context);
  await requireVouchedUpload(context, attributes);
  const access = isPlainUpload(context) ? undefined : await newObjectAccess(context);
  return {
    key,
    claims: bodyClaims(request, payload),
    headers: parseStoredHeaders(headers),
    storageClass: parseStorageClass(headers),
    attributes,
    access,
    encryption: await newUploadEncryption(context),
    conditions: parseWriteConditions(headers),
    replica: broughtVersion(context),
  };
}
