/**
 * Percent-encodes text as S3's `encoding-type=url` does: UTF-8, slashes kept, and of ASCII also the signs that
 * `encodeURIComponent` leaves. A space is `%20`, not S3's `+`: both decoders that clients have read `%20`, one of them
 * takes `+` for a plus.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html, whose example is `test_file%283%29.png`
 */
export function urlEncode(text: string): string {
  return encodeURIComponent(text).replace(/%2F|[!'()~]/g, (sign) =>
    sign === "%2F" ? "/" : `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
