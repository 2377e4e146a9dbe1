import { recodePath } from "../../lib/uri.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import { queryByName } from "./canonical-request.ts";

// What stands between a client and this code changes requests. Cloudflare's edge overwrites Accept-Encoding, the runtime
// joins repeated headers with ", " where SigV4 and SigV2 want ",", proxies take headers off and normalize escapes. So a
// signature that does not fit what arrived is tried with what the client may have sent.
//
// One rule keeps that safe: the operation sees what verified. Each spelling that is tried stands for the request that it
// means, and that one goes on. So a change on the way is undone, whoever made it, and a signed request can never come to
// mean something that its signer did not sign.

/** What a proxy takes off a request, and the only value that it can have had. */
const TAKEN_OFF = new Map([
  ["content-length", "0"],
  ["expect", "100-continue"],
  ["transfer-encoding", "chunked"],
]);

/** The path as it may have been signed, and the request that it means. */
export interface PathSpelling {
  readonly path: string;
  readonly request: S3Request;
}

/**
 * The path as SigV4 has it, and as it came, for clients that do not encode it anew. Both name the same key, unless there
 * is a `+`. To AWS that is a space, and aws4 and aws4fetch sign it as one (seen in
 * https://github.com/anomalizer/ngx_aws_auth/issues/87 and https://github.com/nginx/nginx-s3-gateway/issues/77); MinIO has
 * it signed as the plus that it is elsewhere in URLs, and so does who signs the path as it came.
 */
export function pathSpellings(request: S3Request): readonly PathSpelling[] {
  const { rawPath, keyWithPluses } = request;
  const path = recodePath(rawPath);
  if (path === rawPath) return [{ path, request }];
  if (keyWithPluses === undefined)
    return [
      { path, request },
      { path: rawPath, request },
    ];
  const spaces = withSpaces(request);
  const pluses = withPluses(request, keyWithPluses);
  return [
    { path: recodePath(spaces.rawPath), request: spaces },
    { path, request: pluses },
    { path: rawPath, request: pluses },
  ];
}

/**
 * The same of SigV2, where the path is signed as it came; a `+` in it is a space then, since AWS takes that signature.
 *
 * @param prefix what stands before the path, which is the bucket if the host named it
 */
export function pathSpellingsV2(request: S3Request, prefix: string): readonly PathSpelling[] {
  const { rawPath, keyWithPluses } = request;
  const path = prefix + rawPath;
  const recoded = recodePath(path);
  if (recoded === path) return [{ path, request }];
  if (keyWithPluses === undefined)
    return [
      { path, request },
      { path: recoded, request },
    ];
  const spaces = withSpaces(request);
  return [
    { path, request: spaces },
    { path: recodePath(prefix + spaces.rawPath), request: spaces },
    { path: recoded, request: withPluses(request, keyWithPluses) },
  ];
}

function withSpaces(request: S3Request): S3Request {
  return { ...request, rawPath: request.rawPath.replaceAll("+", "%20") };
}

function withPluses(request: S3Request, key: string): S3Request {
  return { ...request, rawPath: request.rawPath.replaceAll("+", "%2B"), key };
}

/** The query as SigV4 has it, and as clients sign it that leave the values of one name in their order. */
export function* querySpellings(canonical: string, rawQuery: string): Generator<string, void> {
  yield canonical;
  const byName = queryByName(rawQuery, "X-Amz-Signature");
  if (byName !== canonical) yield byName;
}

/**
 * The values that these headers may have been signed with, in the order of the names; first those that came.
 *
 * @param received null: there is no such header
 */
export function* headerSpellings(
  names: readonly string[],
  received: readonly (string | null)[],
  clientAcceptEncoding: string | undefined,
): Generator<readonly string[], void> {
  const values = withTakenOff(names, received);
  const acceptEncodingAt = names.indexOf("accept-encoding");
  for (const joined of joinings(names, values))
    if (acceptEncodingAt < 0) yield joined;
    else
      for (const value of acceptEncodings(values[acceptEncodingAt] ?? "", clientAcceptEncoding))
        yield value === joined[acceptEncodingAt] ? joined : joined.with(acceptEncodingAt, value);
}

function withTakenOff(
  names: readonly string[],
  received: readonly (string | null)[],
): readonly string[] {
  return isComplete(received)
    ? received
    : received.map((value, at) => value ?? TAKEN_OFF.get(names[at] ?? "") ?? "");
}

function isComplete(values: readonly (string | null)[]): values is readonly string[] {
  return !values.includes(null);
}

/** Of the headers that may have been repeated, all, or only S3's own: others have a comma and a space by right. */
function joinings(names: readonly string[], values: readonly string[]): (readonly string[])[] {
  if (!values.some((value) => value.includes(", "))) return [values];
  const tight = values.map((value) => value.replaceAll(", ", ","));
  return [
    values,
    tight,
    values.map((value, at) => (isAmzHeader(names[at] ?? "") ? (tight[at] ?? "") : value)),
  ];
}

/** Cloudflare's edge does not always tell what it was. */
function acceptEncodings(received: string, client: string | undefined): Iterable<string> {
  return new Set([client ?? received, received, "identity", "gzip", ""]);
}

/** The request with these headers as they were signed: itself, if that is how they came. */
export function withSignedHeaders(
  request: S3Request,
  names: readonly string[],
  received: readonly (string | null)[],
  signed: readonly string[],
): S3Request {
  if (signed === received) return request;
  const headers = new Headers(request.headers);
  for (const [at, value] of signed.entries())
    if (value !== (received[at] ?? "")) headers.set(names[at] ?? "", value);
  return { ...request, headers };
}

/**
 * The headers as they came, and with the `x-amz-*` that may have been repeated joined as SigV2 joins them. What stands in
 * the query of a URL is never joined.
 */
export function* amzHeaderSpellings(headers: Headers): Generator<Headers, void> {
  yield headers;
  const repeated = [...headers].filter(
    ([name, value]) => isAmzHeader(name) && value.includes(", "),
  );
  if (repeated.length === 0) return;
  const tight = new Headers(headers);
  for (const [name, value] of repeated) tight.set(name, value.replaceAll(", ", ","));
  yield tight;
}

export function isAmzHeader(name: string): boolean {
  return name.startsWith("x-amz-");
}
