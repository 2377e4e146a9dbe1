import type { S3Request } from "../protocol/s3-request.ts";
import { routeKey } from "./route-key.ts";

/** What the access log calls that of which it does not use the name of the subresource. */
const RESOURCES: Readonly<Record<string, string>> = {
  service: "SERVICE",
  bucket: "BUCKET",
  "bucket form": "BUCKET",
  "bucket?delete": "MULTI_OBJECT_DELETE",
  "bucket?list-type=2": "BUCKET",
  "bucket?logging": "LOGGING_STATUS",
  "bucket?object-lock": "OBJECT_LOCK_CONFIGURATION",
  "bucket?policy": "BUCKETPOLICY",
  "bucket?versions": "BUCKETVERSIONS",
  object: "OBJECT",
  "object?annotation&annotationName": "ANNOTATION",
  "object?attributes": "OBJECT_ATTRIBUTES",
  "object?encryption": "OBJECT_ENCRYPTION",
  "object?renameObject": "OBJECT_RENAME",
  "object?tagging": "OBJECT_TAGGING",
  "object?uploadId": "UPLOAD",
};

/** Those that are not called by their method and their resource. */
const NAMES: Readonly<Record<string, string>> = {
  "PUT object copy": "REST.COPY.OBJECT",
  "PUT object?uploadId": "REST.PUT.PART",
  "PUT object?uploadId copy": "REST.COPY.PART",
};

/**
 * What the access log calls an operation, as AWS does: `REST.GET.OBJECT`.
 *
 * @param key of its route
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
 */
export function logName(key: string): string {
  const named = NAMES[key];
  if (named !== undefined) return named;
  const space = key.indexOf(" ");
  const [method, resource] = [key.slice(0, space), key.slice(space + 1)];
  return `REST.${method}.${RESOURCES[resource] ?? ofSubresource(resource)}`;
}

/** `bucket?publicAccessBlock` → `PUBLIC_ACCESS_BLOCK` */
function ofSubresource(resource: string): string {
  const subresource = resource.slice(resource.indexOf("?") + 1).split("&", 1)[0] ?? "";
  return subresource
    .replaceAll(/([a-z])([A-Z])/g, "$1_$2")
    .replaceAll("-", "_")
    .toUpperCase();
}

/** The same of a request, whether there is such an operation or not. */
export function logNameOf({ method, bucket, key, query, headers }: S3Request): string {
  const level = key === undefined ? (bucket === undefined ? "service" : "bucket") : "object";
  if (method === "OPTIONS") return "REST.OPTIONS.PREFLIGHT";
  try {
    return logName(routeKey(method, level, query, headers));
  } catch {
    return logName(`${method} ${level}`);
  }
}
