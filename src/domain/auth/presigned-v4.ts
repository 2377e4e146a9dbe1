import { isHeaderValue } from "../../lib/header-text.ts";
import type { HmacKey } from "../../lib/sha256.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import { canonicalQuery } from "./canonical-request.ts";
import { chunkSigner } from "./chunk-signer.ts";
import { parseCredential, type Service } from "./credential.ts";
import { type Authentication, type FindIdentity, identityOf, type Unverified } from "./identity.ts";
import { notImplementedV4a, payloadOf, UNSIGNED_PAYLOAD } from "./payload-claim.ts";
import { checkNotExpired, formatErrorTime, MAX_SKEW_MS, parseAmzDate } from "./request-time.ts";
import { checkHeadersSigned, parseSignedHeaders, type SignedHeaders } from "./signed-headers.ts";
import { signingKey } from "./signing-key.ts";
import { verifyV4 } from "./verify-v4.ts";

const MAX_EXPIRES_SECONDS = 604_800;

/**
 * `?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=…&X-Amz-Date=…&X-Amz-Expires=…&X-Amz-SignedHeaders=…&X-Amz-Signature=…`
 *
 * @throws S3Error AuthorizationQueryParametersError, AccessDenied (expired, not yet valid, or headers not signed),
 *   InvalidAccessKeyId, InvalidToken, SignatureDoesNotMatch, NotImplemented (SigV4a), and what is wrong with the
 *   payload's claim
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export function authenticatePresignedV4(
  request: S3Request,
  find: FindIdentity,
  nowMs: number,
): Authentication {
  const { headers, query } = request;
  const { caller, credential, amzDate, signature, signedHeaders, key, verify } = preparePresigned(
    request,
    find,
    nowMs,
  );
  const { scope } = credential;
  // Whoever made the URL may not have known the body: a hash that only the sender vouches for is not in the signature.
  const header = headers.get("x-amz-content-sha256");
  const isHeaderSigned = signedHeaders.names.has("x-amz-content-sha256");
  const claimInQuery = query.get("X-Amz-Content-Sha256");
  const payloadHash = claimInQuery ?? (isHeaderSigned ? header : null) ?? UNSIGNED_PAYLOAD;
  const payload = payloadOf(claimInQuery ?? header ?? UNSIGNED_PAYLOAD, headers, () =>
    chunkSigner(key, { amzDate, scope, seed: signature }),
  );
  return { caller, payload, signedRegion: credential, request: verify(payloadHash) };
}

interface Prepared extends Unverified {
  readonly amzDate: string;
  readonly signature: string;
  readonly signedHeaders: SignedHeaders;
  readonly key: HmacKey;
}

/**
 * The same of a request to another API than S3's: the hash in its signature is that of its body, which is still to be read.
 *
 * @throws S3Error as {@link authenticatePresignedV4}, but for what is said of payloads
 */
export function preparePresigned(
  request: S3Request,
  find: FindIdentity,
  nowMs: number,
  services?: readonly Service[],
): Prepared {
  const { headers, query } = request;
  checkAlgorithm(required(query, "X-Amz-Algorithm"));
  const credential = parseCredential(required(query, "X-Amz-Credential"), "query", services);
  const amzDate = required(query, "X-Amz-Date");
  const signedHeaders = parseSignedHeaders(required(query, "X-Amz-SignedHeaders"));
  if (signedHeaders === undefined) throw queryError("X-Amz-SignedHeaders is mal-formed.");
  const signature = required(query, "X-Amz-Signature");
  const dateMs = dateOf(amzDate, credential.date);
  checkTime(dateMs, required(query, "X-Amz-Expires"), nowMs);
  checkHeadersSigned(headers, signedHeaders);

  const { caller, secretAccessKey } = identityOf(request, credential.accessKeyId, find);
  const { date, region, service } = credential;
  const key = signingKey(secretAccessKey, date, region, service);
  const verify = (payloadHash: string) => {
    const asSent = withHeadersOfQuery(request, signedHeaders);
    const canonical = canonicalQuery(request.rawQuery, "X-Amz-Signature");
    const signed = { credential, amzDate, signedHeaders, signature, canonicalQuery: canonical };
    return verifyV4(asSent, { ...signed, payloadHash }, key);
  };
  return { caller, credential, amzDate, signature, signedHeaders, key, verify };
}

/**
 * A signed header that was not sent may be a parameter: the JavaScript SDK of version 2 signs
 * `x-amz-server-side-encryption` as both. Recorded from AWS by `test_presigned_url_v4_signed_headers_in_qs` in
 * https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3.py
 */
function withHeadersOfQuery(request: S3Request, { names }: SignedHeaders): S3Request {
  let headers: Headers | undefined;
  for (const name of names) {
    const value = request.headers.has(name) ? null : request.query.get(name);
    if (value === null || !isHeaderValue(value)) continue;
    headers ??= new Headers(request.headers);
    headers.set(name, value);
  }
  return headers === undefined ? request : { ...request, headers };
}

function checkAlgorithm(algorithm: string): void {
  if (algorithm === "AWS4-ECDSA-P256-SHA256") throw notImplementedV4a();
  if (algorithm !== "AWS4-HMAC-SHA256")
    throw queryError('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"');
}

function dateOf(amzDate: string, credentialDate: string): number {
  const timeMs = parseAmzDate(amzDate);
  if (timeMs === undefined)
    throw queryError(`X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`);
  if (!amzDate.startsWith(credentialDate))
    throw queryError(
      `Invalid credential date "${credentialDate}". This date is not the same as X-Amz-Date: "${amzDate.slice(0, 8)}".`,
    );
  return timeMs;
}

function checkTime(dateMs: number, expires: string, nowMs: number): void {
  if (!/^-?\d{1,15}$/.test(expires)) throw queryError("X-Amz-Expires should be a number");
  const expiresSeconds = Number(expires);
  if (expiresSeconds < 0) throw queryError("X-Amz-Expires must be non-negative");
  if (expiresSeconds > MAX_EXPIRES_SECONDS)
    throw queryError(
      `X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than ${MAX_EXPIRES_SECONDS} seconds`,
    );
  if (dateMs - nowMs > MAX_SKEW_MS)
    throw new S3Error("AccessDenied", {
      message: "Request is not yet valid",
      fields: { "X-Amz-Expires": expires, ServerTime: formatErrorTime(nowMs) },
    });
  checkNotExpired(dateMs + expiresSeconds * 1000, nowMs, { "X-Amz-Expires": expires });
}

function required(query: URLSearchParams, name: string): string {
  const value = query.get(name);
  if (value === null || value === "")
    throw queryError(
      "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
    );
  return value;
}

function queryError(message: string): S3Error {
  return new S3Error("AuthorizationQueryParametersError", { message });
}
