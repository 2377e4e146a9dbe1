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

/** `x-amz-copy-source-version-id` of CopyObject and UploadPartCopy. */
export function copySourceVersion(versionId: string | undefined): Readonly<Record<string, string>> {
  return versionId === undefined ? {} : { "x-amz-copy-source-version-id": versionId };
}
