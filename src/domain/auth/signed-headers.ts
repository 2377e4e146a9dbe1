import { isHeaderName } from "../../lib/header-text.ts";
import { S3Error } from "../../protocol/errors.ts";

/** What SigV4's SignedHeaders says that a signature covers. */
export interface SignedHeaders {
  /** As it stands in the canonical request: `host;x-amz-date`. */
  readonly text: string;
  /** In its order. */
  readonly names: ReadonlySet<string>;
}

/** This header need not be signed: its value is the last line of the canonical request anyway. */
const COVERED_BY_PAYLOAD_HASH = "x-amz-content-sha256";

/** Each name is looked up among the headers. AWS's heads of 8 KB have room for fewer; the local server's, for 50,000. */
const MAX_NAMES = 4096;

/**
 * Undefined: it is no list of different names, in lower case, or one that nobody needs. To name a header twice, or in
 * capitals once more, would put its value into the canonical request as often, and a list has room for thousands. To look up
 * a name that no header can have would throw.
 */
export function parseSignedHeaders(text: string): SignedHeaders | undefined {
  if (text !== text.toLowerCase()) return undefined;
  const list = text.split(";", MAX_NAMES + 1);
  const names = new Set(list);
  if (names.size !== list.length || names.size > MAX_NAMES) return undefined;
  return list.every(isHeaderName) ? { text, names } : undefined;
}

/**
 * The host and every `x-amz-*` header must be signed, or whoever holds a presigned URL could add what it likes.
 *
 * @throws S3Error AccessDenied naming the headers
 */
export function checkHeadersSigned(headers: Headers, { names }: SignedHeaders): void {
  const missing = names.has("host") ? [] : ["host"];
  for (const name of headers.keys())
    if (name.startsWith("x-amz-") && name !== COVERED_BY_PAYLOAD_HASH && !names.has(name))
      missing.push(name);
  if (missing.length > 0)
    throw new S3Error("AccessDenied", {
      message: "There were headers present in the request which were not signed",
      fields: { HeadersNotSigned: missing.join(", ") },
    });
}
