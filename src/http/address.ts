import { S3Error } from "../protocol/errors.ts";
import { MAX_KEY_BYTES } from "../protocol/limits.ts";
import type { S3Request } from "../protocol/s3-request.ts";

const encoder = new TextEncoder();

/** A name or an address, and perhaps a port. */
const AUTHORITY = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{0,5}))?$/;
const MAX_PORT = 65_535;

/**
 * Takes a request apart, path-style (`/bucket/key`) or virtual-hosted (`bucket.s3.example.com/key`).
 *
 * Bucket and key come from the raw request line: `new URL(…).pathname` resolves `..` and turns `\` into `/`, and Hono
 * decodes some escapes, but to S3 a key is whatever 1 to 1024 bytes of UTF-8 the client percent-encoded.
 *
 * @param websiteBucket of a website, whose host names it otherwise; undefined: the request is to S3's endpoint
 * @throws S3Error BadRequest (a Host or request target that can be none), InvalidURI (escapes that are no UTF-8),
 *   KeyTooLongError
 */
export function addressOf(
  request: Request,
  virtualHostSuffix: string | undefined,
  websiteBucket?: string,
): S3Request {
  const { origin, rawPath, rawQuery } = splitUrl(request.url);
  const host = request.headers.get("host");
  checkHost(origin.slice(origin.indexOf("://") + 3), host);
  const hostBucket = websiteBucket ?? bucketOfHost(host, virtualHostSuffix);
  const isVirtualHosted = hostBucket !== undefined;
  const slash = rawPath.indexOf("/", 1);
  const pathBucket = slash < 0 ? rawPath.slice(1) : rawPath.slice(1, slash);
  const rawKey = isVirtualHosted ? rawPath.slice(1) : slash < 0 ? "" : rawPath.slice(slash + 1);
  const hasPlus = rawKey.includes("+");
  const bucket = hostBucket ?? decode(pathBucket);
  return {
    method: request.method,
    headers: request.headers,
    body: request.body,
    origin,
    rawPath,
    rawQuery,
    query: new URLSearchParams(rawQuery),
    isVirtualHosted,
    bucket: bucket === "" ? undefined : bucket,
    key: rawKey === "" ? undefined : keyOf(hasPlus ? rawKey.replaceAll("+", "%20") : rawKey),
    received: request,
    keyWithPluses: hasPlus ? keyOf(rawKey) : undefined,
    // Read when it is needed: the runtime parses `cf` anew for each request.
    get clientAcceptEncoding() {
      const { clientAcceptEncoding } = (request.cf ?? {}) as IncomingRequestCfProperties;
      return clientAcceptEncoding ?? undefined;
    },
  };
}

/** `request.url` is what stood on the request line, behind scheme and host. */
function splitUrl(url: string): Pick<S3Request, "origin" | "rawPath" | "rawQuery"> {
  const pathAt = url.indexOf("/", url.indexOf("://") + 3);
  const origin = pathAt < 0 ? url : url.slice(0, pathAt);
  const target = pathAt < 0 ? "/" : url.slice(pathAt);
  const queryAt = target.indexOf("?");
  if (queryAt < 0) return { origin, rawPath: target, rawQuery: "" };
  return { origin, rawPath: target.slice(0, queryAt), rawQuery: target.slice(queryAt + 1) };
}

/**
 * The runtime makes a URL of scheme, Host and request target, whatever these are: `GET *` to `Host: h` has the URL
 * `http://h*`, and two Hosts come as one, joined by a comma.
 */
function checkHost(authority: string, host: string | null): void {
  if (!isAuthority(authority) || (host !== null && host !== authority && !isAuthority(host)))
    throw new S3Error("BadRequest", {
      message: "An error occurred when parsing the HTTP request.",
    });
}

function isAuthority(text: string): boolean {
  const match = AUTHORITY.exec(text);
  return match !== null && Number(match[1] ?? 0) <= MAX_PORT;
}

function bucketOfHost(host: string | null, suffix: string | undefined): string | undefined {
  if (host === null || suffix === undefined) return undefined;
  const name = host.replace(/:\d+$/, "").toLowerCase();
  return name.endsWith(`.${suffix}`) ? name.slice(0, -suffix.length - 1) : undefined;
}

function keyOf(rawKey: string): string {
  const key = decode(rawKey);
  // A UTF-16 unit is at most three bytes, so short keys need no counting.
  if (key.length > MAX_KEY_BYTES / 3) {
    const sizeBytes = encoder.encode(key).byteLength;
    if (sizeBytes > MAX_KEY_BYTES) {
      const fields = { Size: String(sizeBytes), MaxSizeAllowed: String(MAX_KEY_BYTES) };
      throw new S3Error("KeyTooLongError", { fields });
    }
  }
  return key;
}

function decode(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error("InvalidURI", { fields: { URI: text } });
  }
}
