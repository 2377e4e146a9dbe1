import { invalidArgument } from "./errors.ts";

/**
 * Buckets have no versions yet, so the only version that an object can have is the null version.
 *
 * @throws S3Error InvalidArgument for any other `?versionId`
 */
export function requireNullVersion(query: URLSearchParams): void {
  const versionId = query.get("versionId");
  if (versionId === null || versionId === "null") return;
  throw invalidArgument("Invalid version id specified", "versionId", versionId);
}
