import type { ObjectRecord } from "../protocol/object-record.ts";
import { refusalError } from "../protocol/refusal.ts";
import type { S3Request } from "../protocol/s3-request.ts";
import { parseVersionId } from "../protocol/version-id.ts";
import type { AttributeChange, BucketIndex } from "../storage/ports/bucket-index.ts";
import { WANTS_HEADERS } from "../storage/ports/content-index.ts";
import { requireObject } from "./found-object.ts";

interface VersionRequest {
  readonly request: S3Request;
  readonly index: BucketIndex;
  readonly key: string;
}

/**
 * The version that a request about tags, retention, or legal hold names; without `?versionId` the current one.
 *
 * @param name what the errors call the key
 * @throws S3Error NoSuchKey, NoSuchVersion, MethodNotAllowed (a delete marker), InvalidArgument
 */
export async function readVersion(
  { request, index, key }: VersionRequest,
  name = key,
): Promise<ObjectRecord> {
  const versionId = parseVersionId(request.query);
  const found = await index.read(key, { ...WANTS_HEADERS, versionId });
  if (found?.kind === "marker")
    throw refusalError({ ok: false, reason: "MethodNotAllowed" }, { key, method: request.method });
  return requireObject(found, name, versionId);
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
  throw refusalError(outcome, { key, versionId, method: request.method });
}
