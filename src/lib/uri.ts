const NEEDS_WORK = { path: /[^A-Za-z0-9\-._~/]/, query: /[^A-Za-z0-9\-._~]/ };
const ESCAPE_OR_SIGN = {
  path: /%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~/]/gu,
  query: /%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~]/gu,
};

/** `%00` to `%7F`, by the character that each stands for. */
const ASCII_ESCAPES = Array.from(
  { length: 128 },
  (_, code) => `%${code.toString(16).toUpperCase().padStart(2, "0")}`,
);

/**
 * Decodes the escapes of a raw path and encodes its bytes again, all but RFC 3986's unreserved characters and `/`.
 * Dots and repeated slashes stay.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, `UriEncode()`
 */
export function recodePath(rawPath: string): string {
  return recode(rawPath, "path");
}

/** The same for a name or value of a raw query: there a `/` is encoded, and a `+` is a space. */
export function recodeQueryPart(raw: string): string {
  return recode(raw, "query");
}

function recode(raw: string, kind: "path" | "query"): string {
  if (!NEEDS_WORK[kind].test(raw)) return raw;
  return raw.replace(ESCAPE_OR_SIGN[kind], (match) => {
    if (match === "+") return kind === "query" ? "%20" : "%2B";
    if (match.length < 3) return ASCII_ESCAPES[match.charCodeAt(0)] ?? escapeBeyondAscii(match);
    const character = String.fromCharCode(Number.parseInt(match.slice(1), 16));
    return NEEDS_WORK[kind].test(character) ? match.toUpperCase() : character;
  });
}

/** A lone surrogate becomes U+FFFD, where `encodeURIComponent` alone would throw. */
function escapeBeyondAscii(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
