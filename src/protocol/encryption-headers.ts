/** `x-amz-server-side-encryption` of an answer: what the request asked for. */
export function encryptionHeaders(headers: Headers): Readonly<Record<string, string>> {
  const encryption = headers.get("x-amz-server-side-encryption");
  return encryption === null ? {} : { "x-amz-server-side-encryption": encryption };
}
