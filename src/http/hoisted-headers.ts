import { isHeaderName, isHeaderValue } from "../lib/header-text.ts";
import { isChecksumHeader } from "../protocol/checksums.ts";
import { invalidArgument } from "../protocol/errors.ts";
import type { S3Request } from "../protocol/s3-request.ts";

/** The signature's own parameters, and what only the sender of a body can know of it: how it is framed and summed. */
const NOT_HEADERS: ReadonlySet<string> = new Set([
  "x-amz-algorithm",
  "x-amz-content-sha256",
  "x-amz-credential",
  "x-amz-date",
  "x-amz-decoded-content-length",
  "x-amz-expires",
  "x-amz-sdk-checksum-algorithm",
  "x-amz-security-token",
  "x-amz-signature",
  "x-amz-signedheaders",
  "x-amz-trailer",
]);

const CUSTOMER_KEY = /-server-side-encryption-customer-/;

/** What botocore's SigV2 URLs carry besides `x-amz-*`; SigV2 signs no other parameter that could be a header. */
const SIGNED_BY_V2: ReadonlySet<string> = new Set(["content-md5", "content-type"]);

/** All other headers that an operation obeys. SigV4 signs every parameter. */
const SIGNED_BY_V4: ReadonlySet<string> = new Set([
  ...SIGNED_BY_V2,
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "expires",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "range",
]);

/**
 * A presigned URL carries in its query the headers that its maker wants sent: metadata, storage class, ACL, and the
 * conditions under which the request may be made (https://github.com/boto/boto3/issues/4367).
 *
 * Checksums are left out, unless they are signed as headers too: the JS SDK hoists that of an empty body
 * (`x-amz-checksum-crc32=AAAAAA==`) into every presigned PUT, and AWS does not hold the upload to it
 * (https://github.com/aws/aws-sdk/issues/480; recorded from AWS by `test_presigned_url_v4_x_amz_in_qs` in
 * https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3.py).
 *
 * What is signed wins: a header that was sent and signed over the parameter, the parameter over a header that whoever
 * holds the URL added. A parameter whose name no header can have is an unknown one, and ignored like those.
 *
 * @throws S3Error InvalidArgument for a value that no header can have, and for a customer's key: whoever may see the URL, and every
 *   log on its way, would have it
 */
export function withHoistedHeaders(request: S3Request): S3Request {
  const isV4 = request.query.has("X-Amz-Signature");
  if (!isV4 && !request.query.has("Signature")) return request;
  const signedHeaders = new Set(request.query.get("X-Amz-SignedHeaders")?.split(";"));
  const names = isV4 ? SIGNED_BY_V4 : SIGNED_BY_V2;
  let headers: Headers | undefined;
  for (const [name, value] of request.query) {
    const header = name.toLowerCase();
    const isSigned = !isV4 || signedHeaders.has(header);
    if (!names.has(header) && !isAmzHeader(header)) continue;
    if (isChecksumHeader(header) && !signedHeaders.has(header)) continue;
    if (isSigned && request.headers.has(header)) continue;
    if (CUSTOMER_KEY.test(header))
      throw invalidArgument("A customer's key must be sent in headers.", name);
    if (!isHeaderValue(value))
      throw invalidArgument("Header value cannot contain control characters.", name, value);
    headers ??= new Headers(request.headers);
    headers.set(header, value);
  }
  return headers === undefined ? request : { ...request, headers };
}

function isAmzHeader(name: string): boolean {
  return name.startsWith("x-amz-") && isHeaderName(name) && !NOT_HEADERS.has(name);
}
