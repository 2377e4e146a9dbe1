import type { HmacKey } from "../../lib/sha256.ts";
import { invalidArgument, S3Error } from "../../protocol/errors.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import { canonicalQuery } from "./canonical-request.ts";
import { chunkSigner } from "./chunk-signer.ts";
import { type Credential, malformed, parseCredential, type Service } from "./credential.ts";
import { type Authentication, type FindIdentity, identityOf, type Unverified } from "./identity.ts";
import { payloadOf } from "./payload-claim.ts";
import { formatAmzDate, requestTime } from "./request-time.ts";
import { checkHeadersSigned, parseSignedHeaders, type SignedHeaders } from "./signed-headers.ts";
import { signingKey } from "./signing-key.ts";
import { verifyV4 } from "./verify-v4.ts";

interface AuthorizationV4 {
  readonly credential: Credential;
  readonly signedHeaders: SignedHeaders;
  readonly signature: string;
}

/**
 * `Authorization: AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`
 *
 * @param components what follows the algorithm
 * @throws S3Error AuthorizationHeaderMalformed, InvalidRequest (no `x-amz-content-sha256`), AccessDenied (no date, or
 *   headers not signed), RequestTimeTooSkewed, InvalidAccessKeyId, InvalidToken, SignatureDoesNotMatch, and what is
 *   wrong with the payload's claim
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html
 */
export function authenticateHeaderV4(
  request: S3Request,
  components: string,
  find: FindIdentity,
  nowMs: number,
): Authentication {
  const { headers } = request;
  const authorization = parseAuthorization(components);
  const payloadHash = headers.get("x-amz-content-sha256");
  if (payloadHash === null)
    throw new S3Error("InvalidRequest", {
      message: "Missing required header for this request: x-amz-content-sha256",
    });
  const { caller, credential, amzDate, key, verify } = signerOf(
    request,
    authorization,
    find,
    nowMs,
  );
  const { scope } = credential;
  const seed = authorization.signature;
  const payload = payloadOf(payloadHash, headers, () => chunkSigner(key, { amzDate, scope, seed }));
  return { caller, payload, signedRegion: credential, request: verify(payloadHash) };
}

/**
 * The same of a request to another API than S3's: the hash in its signature is that of its body, which is still to be read.
 *
 * @throws S3Error as {@link authenticateHeaderV4}, but for what is said of payloads
 */
export function prepareHeaderV4(
  request: S3Request,
  components: string,
  find: FindIdentity,
  nowMs: number,
  services: readonly Service[],
): Unverified {
  return signerOf(request, parseAuthorization(components, services), find, nowMs);
}

function signerOf(
  request: S3Request,
  { credential, signedHeaders, signature }: AuthorizationV4,
  find: FindIdentity,
  nowMs: number,
): Unverified & { readonly amzDate: string; readonly key: HmacKey } {
  const { headers } = request;
  const amzDate = amzDateOf(headers, credential, nowMs);
  checkHeadersSigned(headers, signedHeaders);

  const { caller, secretAccessKey } = identityOf(request, credential.accessKeyId, find);
  const { date, region, service } = credential;
  const key = signingKey(secretAccessKey, date, region, service);
  const query = canonicalQuery(request.rawQuery);
  const signed = { credential, amzDate, signedHeaders, canonicalQuery: query, signature };
  const verify = (payloadHash: string) => verifyV4(request, { ...signed, payloadHash }, key);
  return { caller, credential, amzDate, key, verify };
}

function parseAuthorization(components: string, services?: readonly Service[]): AuthorizationV4 {
  const values = new Map<string, string>();
  for (const component of components.split(",")) {
    const equals = component.indexOf("=");
    if (equals < 0)
      throw malformed("header", `the authorization component "${component.trim()}" is malformed.`);
    values.set(component.slice(0, equals).trim(), component.slice(equals + 1).trim());
  }
  const credential = parseCredential(required(values, "Credential"), "header", services);
  const signedHeaders = parseSignedHeaders(required(values, "SignedHeaders"));
  if (signedHeaders === undefined) throw malformed("header", "the SignedHeaders is mal-formed.");
  return { credential, signedHeaders, signature: required(values, "Signature") };
}

function required(values: ReadonlyMap<string, string>, name: string): string {
  const value = values.get(name);
  if (value === undefined || value === "") throw malformed("header", `missing ${name}.`);
  return value;
}

function amzDateOf(headers: Headers, credential: Credential, nowMs: number): string {
  const amzDate = formatAmzDate(requestTime(headers, nowMs).timeMs);
  if (!amzDate.startsWith(credential.date))
    throw malformed(
      "header",
      `Invalid credential date "${credential.date}". This date is not the same as X-Amz-Date: "${amzDate.slice(0, 8)}".`,
    );
  return amzDate;
}

/** @returns the scheme of an Authorization header, and what follows it */
export function splitAuthorization(authorization: string): [scheme: string, rest: string] {
  const space = authorization.indexOf(" ");
  if (space < 0)
    throw invalidArgument(
      "Authorization header is invalid -- one and only one ' ' (space) required",
      "Authorization",
      authorization,
    );
  return [authorization.slice(0, space), authorization.slice(space + 1)];
}
