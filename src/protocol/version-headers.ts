import type { ShardFlags } from "./bucket-configuration.ts";
import { NULL_VERSION } from "./version-id.ts";

/** `x-amz-version-id`, `x-amz-delete-marker` of an answer; none where there are no versions. */
export function versionHeaders(
  versionId: string | undefined,
  isMarker = false,
): Readonly<Record<string, string>> {
  return {
    ...(versionId !== undefined && { "x-amz-version-id": versionId }),
    ...(isMarker && { "x-amz-delete-marker": "true" }),
  };
}

/** `x-amz-version-id` of PutObject, which does not speak of a null version; CopyObject does. */
export function putVersion(versionId: string | undefined): Readonly<Record<string, string>> {
  return versionHeaders(versionId === NULL_VERSION ? undefined : versionId);
}

/**
 * `x-amz-version-id` of answers about a multipart upload, for which an id is reserved; none unless its completion would use it.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
 */
export function reservedVersion(
  versionId: string | undefined,
  { versioning }: ShardFlags,
): Readonly<Record<string, string>> {
  return versioning === "Enabled" ? versionHeaders(versionId) : {};
}

/** `x-amz-copy-source-version-id` of CopyObject and UploadPartCopy, which do not speak of a null version either. */
export function copySourceVersion(versionId: string | undefined): Readonly<Record<string, string>> {
  if (versionId === undefined || versionId === NULL_VERSION) return {};
  return { "x-amz-copy-source-version-id": versionId };
}
