import { S3Error } from "../protocol/errors.ts";
import type { S3Request } from "../protocol/s3-request.ts";
import { accountsOperationFor } from "./accounts/accounts.ts";
import { FRESH_BUCKET } from "./bucket-config/fresh-bucket.ts";
import { getBucketAcl, putBucketAcl } from "./bucket-config/acl.ts";
import {
  deleteBucketPolicy,
  getBucketPolicy,
  getBucketPolicyStatus,
  putBucketPolicy,
} from "./bucket-config/policy.ts";
import { STORED_DOCUMENTS } from "./bucket-config/stored-documents.ts";
import { createBucket } from "./bucket/create-bucket.ts";
import { deleteBucket } from "./bucket/delete-bucket.ts";
import { deleteObjects } from "./bucket/delete-objects.ts";
import { getBucketLocation } from "./bucket/get-bucket-location.ts";
import { headBucket } from "./bucket/head-bucket.ts";
import { listObjectVersions } from "./bucket/list-object-versions.ts";
import { listObjectsV2 } from "./bucket/list-objects-v2.ts";
import { listObjects } from "./bucket/list-objects.ts";
import { abortMultipartUpload } from "./multipart/abort-multipart-upload.ts";
import { completeMultipartUpload } from "./multipart/complete-multipart-upload.ts";
import { createMultipartUpload } from "./multipart/create-multipart-upload.ts";
import { listMultipartUploads } from "./multipart/list-multipart-uploads.ts";
import { listParts } from "./multipart/list-parts.ts";
import { uploadPart } from "./multipart/upload-part.ts";
import { listenBucketNotification } from "./events/listen.ts";
import { NOT_IMPLEMENTED, type OpenRoute } from "./not-implemented.ts";
import { uploadPartCopy } from "./multipart/upload-part-copy.ts";
import { copyObject } from "./object/copy-object.ts";
import { deleteObjectAnnotation } from "./object/delete-object-annotation.ts";
import { deleteObjectTagging } from "./object/delete-object-tagging.ts";
import { deleteObject } from "./object/delete-object.ts";
import { getObjectAcl } from "./object/get-object-acl.ts";
import { getObjectAnnotation } from "./object/get-object-annotation.ts";
import { getObjectAttributes } from "./object/get-object-attributes.ts";
import { getObjectLegalHold } from "./object/get-object-legal-hold.ts";
import { getObjectRetention } from "./object/get-object-retention.ts";
import { getObjectTagging } from "./object/get-object-tagging.ts";
import { getObject } from "./object/get-object.ts";
import { headObject } from "./object/head-object.ts";
import { listObjectAnnotations } from "./object/list-object-annotations.ts";
import { putObjectAcl } from "./object/put-object-acl.ts";
import { putObjectAnnotation } from "./object/put-object-annotation.ts";
import { putObjectLegalHold } from "./object/put-object-legal-hold.ts";
import { putObjectRetention } from "./object/put-object-retention.ts";
import { putObjectTagging } from "./object/put-object-tagging.ts";
import { postObject } from "./object/post-object.ts";
import { putObject } from "./object/put-object.ts";
import { renameObject } from "./object/rename-object.ts";
import { restoreObject } from "./object/restore-object.ts";
import { updateObjectEncryption } from "./object/update-object-encryption.ts";
import type { Operation } from "./operation.ts";
import { type Level, type Method, routeKey } from "./route-key.ts";
import { listBuckets } from "./service/list-buckets.ts";

/** Every operation that Ledge has, by the request that selects it. */
export const ROUTES: Readonly<Record<string, Operation>> = {
  "GET service": listBuckets,

  "DELETE bucket": deleteBucket,
  "DELETE bucket?policy": deleteBucketPolicy,
  "GET bucket": listObjects,
  "GET bucket?acl": getBucketAcl,
  "GET bucket?events": listenBucketNotification,
  "GET bucket?list-type=2": listObjectsV2,
  "GET bucket?location": getBucketLocation,
  "GET bucket?policy": getBucketPolicy,
  "GET bucket?policyStatus": getBucketPolicyStatus,
  "GET bucket?uploads": listMultipartUploads,
  "GET bucket?versions": listObjectVersions,
  "HEAD bucket": headBucket,
  "POST bucket form": postObject,
  "POST bucket?delete": deleteObjects,
  "PUT bucket": createBucket,
  "PUT bucket?acl": putBucketAcl,
  "PUT bucket?policy": putBucketPolicy,

  "DELETE object": deleteObject,
  "DELETE object?annotation": deleteObjectAnnotation,
  "DELETE object?tagging": deleteObjectTagging,
  "DELETE object?uploadId": abortMultipartUpload,
  "GET object": getObject,
  "GET object?acl": getObjectAcl,
  "GET object?annotation": listObjectAnnotations,
  "GET object?annotation&annotationName": getObjectAnnotation,
  "GET object?attributes": getObjectAttributes,
  "GET object?legal-hold": getObjectLegalHold,
  "GET object?retention": getObjectRetention,
  "GET object?tagging": getObjectTagging,
  "GET object?uploadId": listParts,
  "HEAD object": headObject,
  "POST object?restore": restoreObject,
  "POST object?uploadId": completeMultipartUpload,
  "POST object?uploads": createMultipartUpload,
  "PUT object": putObject,
  "PUT object copy": copyObject,
  "PUT object?acl": putObjectAcl,
  "PUT object?annotation": putObjectAnnotation,
  "PUT object?encryption": updateObjectEncryption,
  "PUT object?legal-hold": putObjectLegalHold,
  "PUT object?renameObject": renameObject,
  "PUT object?retention": putObjectRetention,
  "PUT object?tagging": putObjectTagging,
  "PUT object?uploadId": uploadPart,
  "PUT object?uploadId copy": uploadPartCopy,

  // Last: TypeScript refuses a row above that one of these would overwrite, and a row of the second that the first has.
  ...STORED_DOCUMENTS,
  ...FRESH_BUCKET,
} satisfies Partial<Record<OpenRoute, Operation>>;

/** NotImplemented of an operation that S3 has and Ledge has not. */
export class NotBuiltError extends S3Error {
  /** AWS's name. */
  readonly operation: string;

  constructor(operation: string) {
    super("NotImplemented", { message: `${operation} is not implemented` });
    this.operation = operation;
  }
}

/**
 * The one operation that a request names. A subresource that is known but not built never becomes a plain request:
 * `PUT /bucket?cors` must not run CreateBucket.
 *
 * @throws S3Error NotBuiltError with AWS's name, MethodNotAllowed, PreconditionFailed for a POST of a bucket that is no form,
 *   InvalidArgument as `routeKey`
 */
export function operationFor(request: S3Request): Operation {
  const level = levelOf(request);
  const ofAccounts = request.bucket === "_ledge" ? accountsOperationFor(request) : undefined;
  if (ofAccounts !== undefined) return ofAccounts;
  const key = routeKey(request.method, level, request.query, request.headers);
  return ROUTES[key] ?? refuse(request, level, key);
}

function levelOf({ bucket, key }: S3Request): Level {
  if (bucket === undefined) return "service";
  return key === undefined ? "bucket" : "object";
}

const REFUSED: Readonly<Record<string, string>> = NOT_IMPLEMENTED;

function refuse({ method, rawPath }: S3Request, level: Level, key: string): never {
  // By path for the one operation that has no bucket and is not `/`.
  const name = REFUSED[key] ?? REFUSED[`${method} ${rawPath}`];
  if (name !== undefined) throw new NotBuiltError(name);
  if (key === "POST bucket")
    throw new S3Error("PreconditionFailed", {
      fields: { Condition: "Bucket POST must be of the enclosure-type multipart/form-data" },
    });
  throw new S3Error("MethodNotAllowed", {
    fields: { Method: method, ResourceType: level.toUpperCase() },
    headers: { Allow: allowedMethods(key.slice(`${method} `.length)).join(", ") },
  });
}

const METHODS: readonly Method[] = ["GET", "HEAD", "PUT", "POST", "DELETE"];

/** @param resource a route key without its method, e.g. `bucket?cors` */
function allowedMethods(resource: string): readonly Method[] {
  return METHODS.filter((method) => {
    const key = `${method} ${resource}`;
    return key in ROUTES || key in REFUSED;
  });
}
