import { formatHttpDate } from "../lib/http-date.ts";
import { S3Error } from "../protocol/errors.ts";
import type { DeleteMarker, ObjectRecord } from "../protocol/object-record.ts";
import { refusalDetail, refusalError } from "../protocol/refusal.ts";
import { versionHeaders } from "../protocol/version-headers.ts";

/**
 * What a read of `key` has found, if that is an object.
 *
 * @param versionId as it was asked for
 * @throws S3Error NoSuchKey (with the marker's headers if one is the current version), NoSuchVersion, MethodNotAllowed
 *   (a delete marker by its id)
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html
 */
export function requireObject<Found extends ObjectRecord>(
  found: Found | DeleteMarker | undefined,
  key: string,
  versionId: string | undefined,
): Found {
  if (found?.kind === "object") return found;
  const refused = { key, versionId };
  if (found === undefined) {
    const reason = versionId === undefined ? "NoSuchKey" : "NoSuchVersion";
    throw refusalError({ ok: false, reason }, refused);
  }
  const reason = versionId === undefined ? "NoSuchKey" : "MethodNotAllowed";
  const detail = refusalDetail({ ok: false, reason }, refused);
  throw new S3Error(reason, {
    ...detail,
    headers: {
      ...detail.headers,
      ...versionHeaders(found.versionId, true),
      ...(versionId !== undefined && { "Last-Modified": formatHttpDate(found.lastModifiedMs) }),
    },
  });
}
