/** The first character of every token says how the rest is to be read, so that it can change. */
const VERSION = "1";
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A token of ListObjectsV2 or ListBuckets: the listing goes on after this position. */
export function encodeToken(position: string): string {
  return VERSION + Buffer.from(position).toString("base64url");
}

/** @returns undefined for anything that `encodeToken` did not make */
export function decodeToken(token: string): string | undefined {
  if (!token.startsWith(VERSION)) return undefined;
  const bytes = Buffer.from(token.slice(VERSION.length), "base64url");
  if (VERSION + bytes.toString("base64url") !== token) return undefined;
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}
