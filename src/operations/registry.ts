import { S3Error } from "../protocol/errors.ts";
import type { S3Request } from "../protocol/s3-request.ts";
import { FRESH_BUCKET } from "./bucket-config/fresh-bucket.ts";
import { createBucket } from "./bucket/create-bucket.ts";
import { deleteBucket } from "./bucket/delete-bucket.ts";
import { deleteObjects } from "./bucket/delete-objects.ts";
import { getBucketLocation } from "./bucket/get-bucket-location.ts";
import { headBucket } from "./bucket/head-bucket.ts";
import { listObjectsV2 } from "./bucket/list-objects-v2.ts";
import { listObjects } from "./bucket/list-objects.ts";
import { NOT_IMPLEMENTED, type OpenRoute } from "./not-implemented.ts";
import { deleteObject } from "./object/delete-object.ts";
import { getObject } from "./object/get-object.ts";
import { headObject } from "./object/head-object.ts";
import { putObject } from "./object/put-object.ts";
import type { Operation } from "./operation.ts";
import { type Level, type Method, routeKey } from "./route-key.ts";
import { listBuckets } from "./service/list-buckets.ts";

/** Every operation that Ledge has, by the request that selects it. */
export const ROUTES: Readonly<Record<string, Operation>> = {
  "GET service": listBuckets,

  "DELETE bucket": deleteBucket,
  "GET bucket": listObjects,
  "GET bucket?list-type=2": listObjectsV2,
  "GET bucket?location": getBucketLocation,
  "HEAD bucket": headBucket,
  "POST bucket?delete": deleteObjects,
  "PUT bucket": createBucket,

  "DELETE object": deleteObject,
  "GET object": getObject,
  "HEAD object": headObject,
  "PUT object": putObject,

  // Last, so that a row above which is also in there does not compile.
  ...FRESH_BUCKET,
} satisfies Partial<Record<OpenRoute, Operation>>;

/**
 * The one operation that a request names. A subresource that is known but not built never becomes a plain request:
 * `PUT /bucket?cors` must not run CreateBucket.
 *
 * @throws S3Error NotImplemented with AWS's name, MethodNotAllowed, InvalidArgument as `routeKey`
 */
export function operationFor(request: S3Request): Operation {
  const level = levelOf(request);
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
  if (name !== undefined)
    throw new S3Error("NotImplemented", { message: `${name} is not implemented` });
  throw new S3Error("MethodNotAllowed", {
    fields: { Method: method, ResourceType: level.toUpperCase() },
    headers: { Allow: allowedMethods(key.slice(`${method} `.length), level).join(", ") },
  });
}

const METHODS: readonly Method[] = ["GET", "HEAD", "PUT", "POST", "DELETE"];

/** @param resource a route key without its method, e.g. `bucket?cors` */
function allowedMethods(resource: string, level: Level): readonly Method[] {
  return METHODS.filter((method) => {
    const key = `${method} ${method === "HEAD" ? level : resource}`;
    return key in ROUTES || key in REFUSED;
  });
}
