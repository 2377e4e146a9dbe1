/*
 * What travels between a gateway and what reads public objects for it, with a cache in between.
 */

/**
 * What an answer is, when it is no object: `missing`: there is none; `denied`: not everybody may read it; `direct`: read it
 * yourself.
 */
export type Mark = "denied" | "direct" | "missing";

const MARK = "x-ledge-mark";
const STORED_PREFIX = "x-ledge-stored-";

/**
 * Headers of an object that a cache would act upon: they travel under other names. The object's Cache-Control and Expires say for
 * how long clients may keep it, not this cache. Its Content-Encoding describes the bytes as they are stored, which nobody on the
 * way is to decode. Its validators would let a cache ask whether the object has changed, and keep the old headers when it has
 * not; but tags, expiration, or storage class may have, under the same ETag and the same Last-Modified.
 */
const HIDDEN: ReadonlySet<string> = new Set([
  "cache-control",
  "content-encoding",
  "etag",
  "expires",
  "last-modified",
]);

/** What an answer of S3 may have, and says how old it is: what else caches and proxies add is theirs. */
const OF_OBJECTS = /^(?:x-amz-|content-|accept-ranges$|age$)/;

/**
 * `must-revalidate` is what makes the time strict: without, Cloudflare gives what is stale for as long as it cannot be read anew.
 *
 * @param maxAgeSeconds 0: nobody is to store it
 * Source: https://developers.cloudflare.com/workers/cache/configuration/#cache-control-semantics
 */
export function cachePolicy(maxAgeSeconds: number): Readonly<Record<string, string>> {
  const policy =
    maxAgeSeconds > 0 ? `public, max-age=${maxAgeSeconds}, must-revalidate` : "no-store";
  // The second for caches that know the first only: both say the same.
  return {
    "cloudflare-cdn-cache-control": policy,
    "cache-control": `${policy}, no-transform`,
  };
}

/** The headers of an object as they travel. @param maxAgeSeconds as of {@link cachePolicy} */
export function travelingHeaders(object: Headers, maxAgeSeconds: number): Headers {
  const headers = new Headers(cachePolicy(maxAgeSeconds));
  for (const [name, value] of object)
    headers.set(HIDDEN.has(name) ? `${STORED_PREFIX}${name}` : name, value);
  return headers;
}

/** The inverse of {@link travelingHeaders}, whatever was added on the way. */
export function headersOfObject(traveled: Headers): Headers {
  const headers = new Headers();
  for (const [name, value] of traveled) {
    const hidden = name.startsWith(STORED_PREFIX) ? name.slice(STORED_PREFIX.length) : "";
    if (HIDDEN.has(hidden)) headers.set(hidden, value);
    else if (OF_OBJECTS.test(name) && !HIDDEN.has(name)) headers.set(name, value);
  }
  return headers;
}

const STATUS: Readonly<Record<Mark, number>> = { denied: 403, direct: 200, missing: 404 };

/** An answer that is no object. @param maxAgeSeconds as of {@link cachePolicy} */
export function markedAnswer(mark: Mark, maxAgeSeconds: number): Response {
  const headers = { ...cachePolicy(maxAgeSeconds), [MARK]: mark };
  return new Response(null, { status: STATUS[mark], headers });
}

/** Undefined: it is an object. What is not understood is `direct`. */
export function markOf({ status, headers }: Response): Mark | undefined {
  const mark = headers.get(MARK);
  if (mark === null) return status === 200 || status === 206 ? undefined : "direct";
  return (mark === "denied" || mark === "missing") && STATUS[mark] === status ? mark : "direct";
}

/** Whether the cache gave it without asking, by what Cloudflare says of that. */
export function isFromCache({ headers }: Response): boolean {
  return /^(?:HIT|STALE|UPDATING)$/.test(headers.get("cf-cache-status") ?? "");
}
