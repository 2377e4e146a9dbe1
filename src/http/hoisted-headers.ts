import type { S3Request } from "../protocol/s3-request.ts";

/** The signature's own parameters, and those that AWS does not take from the query. */
const NOT_HEADERS = new Set([
  "x-amz-algorithm",
  "x-amz-content-sha256",
  "x-amz-credential",
  "x-amz-date",
  "x-amz-expires",
  "x-amz-sdk-checksum-algorithm",
  "x-amz-security-token",
  "x-amz-signature",
  "x-amz-signedheaders",
]);

/** What botocore's SigV2 URLs carry besides `x-amz-*`. */
const SIGNED_BY_V2 = new Set(["content-md5", "content-type"]);

/**
 * A presigned URL carries in its query the `x-amz-*` headers that its maker wants sent: metadata, storage class, ACL.
 * Checksums are left out: the JS SDK hoists that of an empty body (`x-amz-checksum-crc32=AAAAAA==`) into every
 * presigned PUT, and AWS does not hold the upload to it (https://github.com/aws/aws-sdk/issues/480).
 * A header that was really sent is not overridden.
 */
export function withHoistedHeaders(request: S3Request): S3Request {
  const isPresigned = request.query.has("X-Amz-Signature") || request.query.has("Signature");
  if (!isPresigned) return request;
  const hoisted = [...request.query].filter(([name]) => {
    const header = name.toLowerCase();
    if (request.headers.has(header)) return false;
    if (SIGNED_BY_V2.has(header)) return true;
    return (
      header.startsWith("x-amz-") &&
      !NOT_HEADERS.has(header) &&
      !header.startsWith("x-amz-checksum-")
    );
  });
  if (hoisted.length === 0) return request;
  const headers = new Headers(request.headers);
  for (const [name, value] of hoisted) headers.set(name, value);
  return { ...request, headers };
}
