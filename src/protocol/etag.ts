/** What S3's ETags are without their quotes, and what other servers give. */
const ETAG = /^[!#-~]{1,128}$/;

export function isEtag(text: string): boolean {
  return ETAG.test(text);
}

export function quoteEtag(etag: string): string {
  return `"${etag}"`;
}

/** Takes quotes and the weak mark off; clients send ETags with and without either. */
export function unquoteEtag(text: string): string {
  const strong = text.startsWith("W/") ? text.slice(2) : text;
  return strong.length >= 2 && strong.startsWith('"') && strong.endsWith('"')
    ? strong.slice(1, -1)
    : strong;
}
