import { unquoteEtag } from "./etag.ts";

/** `x-amz-object-version-id` of an answer about annotations; none where there are no versions. */
export function annotatedVersionHeaders(
  versionId: string | undefined,
): Readonly<Record<string, string>> {
  return versionId === undefined ? {} : { "x-amz-object-version-id": versionId };
}

/** `x-amz-object-if-match`: the ETag that the annotated object must have, without quotes, or `*`. */
export function parseObjectIfMatch(headers: Headers): string | undefined {
  const etag = headers.get("x-amz-object-if-match");
  return etag === null ? undefined : unquoteEtag(etag.trim());
}
