import { formatHttpDate } from "../lib/http-date.ts";
import { S3Error } from "../protocol/errors.ts";
import type { DeleteMarker, ObjectRecord } from "../protocol/object-record.ts";
import { versionHeaders } from "../protocol/version-headers.ts";

/**
 * What a read of `key` has found, if that is an object.
 *
 * @param versionId as it was asked for
 * @throws S3Error NoSuchKey (with the marker's headers if one is the current version), NoSuchVersion, MethodNotAllowed
 *   (a delete marker by its id)
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html
 */
export function requireObject(
  found: ObjectRecord | DeleteMarker | undefined,
  key: string,
  versionId: string | undefined,
): ObjectRecord {
  if (found?.kind === "object") return found;
  const fields = { Key: key, ...(versionId !== undefined && { VersionId: versionId }) };
  if (found === undefined)
    throw new S3Error(versionId === undefined ? "NoSuchKey" : "NoSuchVersion", { fields });
  const headers = versionHeaders(found.versionId, true);
  if (versionId === undefined) throw new S3Error("NoSuchKey", { fields, headers });
  throw new S3Error("MethodNotAllowed", {
    fields: { Method: "GET", ResourceType: "DeleteMarker" },
    headers: {
      ...headers,
      Allow: "DELETE",
      "Last-Modified": formatHttpDate(found.lastModifiedMs),
    },
  });
}
