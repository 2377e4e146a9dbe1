import { S3Error } from "../protocol/errors.ts";
import { objectLocked } from "../protocol/object-lock.ts";
import type { ObjectRecord } from "../protocol/object-record.ts";
import type { S3Request } from "../protocol/s3-request.ts";
import { parseVersionId } from "../protocol/version-id.ts";
import type { AttributeChange, BucketIndex } from "../storage/bucket-index.ts";
import { WANTS_HEADERS } from "../storage/content-index.ts";
import { requireObject } from "./found-object.ts";

interface VersionRequest {
  readonly request: S3Request;
  readonly index: BucketIndex;
  readonly key: string;
}

/**
 * The version that a request about tags, retention, or legal hold names; without `?versionId` the current one.
 *
 * @throws S3Error NoSuchKey, NoSuchVersion, MethodNotAllowed (a delete marker), InvalidArgument
 */
export async function readVersion({ request, index, key }: VersionRequest): Promise<ObjectRecord> {
  const versionId = parseVersionId(request.query);
  const found = await index.read(key, { ...WANTS_HEADERS, versionId });
  if (found?.kind === "marker") throw isDeleteMarker(request);
  return requireObject(found, key, versionId);
}

/**
 * Changes the version that {@link readVersion} would read.
 *
 * @returns its id; undefined when the bucket never had versions
 * @throws S3Error as {@link readVersion}, and AccessDenied when its lock forbids the change
 */
export async function changeVersion(
  { request, index, key }: VersionRequest,
  change: AttributeChange,
): Promise<string | undefined> {
  const versionId = parseVersionId(request.query);
  const outcome = await index.change(key, versionId, change);
  if (outcome.ok) return outcome.versionId;
  if (outcome.reason === "AccessDenied") throw objectLocked();
  if (outcome.reason === "MethodNotAllowed") throw isDeleteMarker(request);
  const fields = { Key: key, ...(versionId !== undefined && { VersionId: versionId }) };
  throw new S3Error(outcome.reason, { fields });
}

function isDeleteMarker({ method }: S3Request): S3Error {
  return new S3Error("MethodNotAllowed", {
    fields: { Method: method, ResourceType: "DeleteMarker" },
    headers: { Allow: "DELETE", "x-amz-delete-marker": "true" },
  });
}
