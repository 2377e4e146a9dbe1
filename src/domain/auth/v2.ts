import { createHmac } from "node:crypto";
import { boundedText } from "../../lib/bounded-text.ts";
import { isHeaderName } from "../../lib/header-text.ts";
import { spacedHex } from "../../lib/hex.ts";
import { invalidArgument, S3Error } from "../../protocol/errors.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import { amzHeaderSpellings, isAmzHeader } from "./as-signed.ts";
import { type Authentication, type FindIdentity, identityOf } from "./identity.ts";
import { MAX_SPELLED_LENGTH, MAX_TOLD_LENGTH } from "./limits.ts";
import { payloadOf, UNSIGNED_PAYLOAD } from "./payload-claim.ts";
import { checkNotExpired, requestTime } from "./request-time.ts";
import { isSameSignature } from "./signing-key.ts";
import { resourceSpellings } from "./v2-resource.ts";

interface SignatureV2 {
  readonly accessKeyId: string;
  /** In base64. */
  readonly signature: string;
  /** The line that holds the Date, or when a URL expires. */
  readonly dateLine: string;
  /** What a URL has in its query and is signed as a header that was not sent, by lower-case name. */
  readonly inQuery: ReadonlyMap<string, string>;
}

const PAYLOAD_CLAIM = "x-amz-content-sha256";
const NONE: ReadonlyMap<string, string> = new Map();

/**
 * `Authorization: AWS AKID:signature`
 *
 * @param components what follows `AWS `
 * @throws S3Error InvalidArgument, AccessDenied (no date), RequestTimeTooSkewed, InvalidAccessKeyId, InvalidToken,
 *   SignatureDoesNotMatch
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
 */
export function authenticateHeaderV2(
  request: S3Request,
  components: string,
  find: FindIdentity,
  nowMs: number,
): Authentication {
  const { headers } = request;
  const colon = components.lastIndexOf(":");
  const accessKeyId = components.slice(0, Math.max(colon, 0)).trimStart();
  const signature = components.slice(colon + 1).trim();
  if (accessKeyId === "" || /\s/.test(accessKeyId) || /\s/.test(signature))
    throw invalidArgument(
      "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature",
      "Authorization",
      `AWS ${components}`,
    );
  const { text } = requestTime(headers, nowMs);
  return verify(request, find, {
    accessKeyId,
    signature,
    dateLine: headers.has("x-amz-date") ? "" : text,
    inQuery: NONE,
  });
}

/**
 * `?AWSAccessKeyId=…&Expires=…&Signature=…`, which boto3 still makes by default. What it signed as headers it writes
 * into the query as well, in lower case: `x-amz-meta-…`, `content-type`, `content-md5`.
 *
 * @throws S3Error AccessDenied (a parameter is missing, or it has expired), InvalidAccessKeyId, InvalidToken,
 *   SignatureDoesNotMatch
 */
export function authenticatePresignedV2(
  request: S3Request,
  find: FindIdentity,
  nowMs: number,
): Authentication {
  const { query } = request;
  const accessKeyId = query.get("AWSAccessKeyId");
  const signature = query.get("Signature");
  const expires = query.get("Expires");
  if (accessKeyId === null || signature === null || expires === null)
    throw accessDenied(
      "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
    );
  if (!/^\d{1,12}$/.test(expires))
    throw accessDenied(`Invalid date (should be seconds since epoch): ${expires}`);
  checkNotExpired(Number(expires) * 1000, nowMs);
  return verify(request, find, {
    accessKeyId,
    // Some clients leave a plus of the Base64 unencoded, and the query's parser made a space of it.
    signature: signature.replaceAll(" ", "+"),
    dateLine: expires,
    inQuery: headersInQuery(query),
  });
}

function headersInQuery(query: URLSearchParams): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const [parameter, value] of query) {
    const name = parameter.toLowerCase();
    // A parameter whose name could not be a header's was not signed as one.
    const isAmz = isAmzHeader(name) && isHeaderName(name);
    // A line end would let one parameter look like two headers in the string to sign.
    if (isAmz || name === "content-md5" || name === "content-type")
      headers.set(name, value.replace(/[\r\n]+/g, " "));
  }
  return headers;
}

function verify(request: S3Request, find: FindIdentity, signed: SignatureV2): Authentication {
  const { caller, secretAccessKey } = identityOf(request, signed.accessKeyId, find);
  const resources = resourceSpellings(request);
  let straightforward: string | undefined;
  for (const headers of amzHeaderSpellings(request.headers)) {
    const lines = canonicalHeaders(headers, signed);
    for (const { resource, request: meant } of resources) {
      const toSign = `${request.method}\n${lines}${resource}`;
      const computed = createHmac("sha1", secretAccessKey).update(toSign).digest("base64");
      if (isSameSignature(computed, signed.signature)) {
        const claim =
          headers.get(PAYLOAD_CLAIM) ?? signed.inQuery.get(PAYLOAD_CLAIM) ?? UNSIGNED_PAYLOAD;
        return {
          caller,
          payload: payloadOf(claim, headers, undefined),
          signedRegion: undefined,
          request: headers === request.headers ? meant : { ...meant, headers },
        };
      }
      straightforward ??= toSign;
      if (toSign.length > MAX_SPELLED_LENGTH) throw signatureDoesNotMatch(signed, toSign);
    }
  }
  throw signatureDoesNotMatch(signed, straightforward ?? "");
}

/** The lines between the method and the resource. */
function canonicalHeaders(headers: Headers, { dateLine, inQuery }: SignatureV2): string {
  const valueOf = (name: string): string => headers.get(name) ?? inQuery.get(name) ?? "";
  const names = new Set([...headers.keys(), ...inQuery.keys()].filter(isAmzHeader));
  const amz = [...names].toSorted().map((name) => `${name}:${valueOf(name).trim()}\n`);
  return `${valueOf("content-md5")}\n${valueOf("content-type")}\n${dateLine}\n${amz.join("")}`;
}

function accessDenied(message: string): S3Error {
  return new S3Error("AccessDenied", { message });
}

function signatureDoesNotMatch(signed: SignatureV2, toSign: string): S3Error {
  const told = boundedText(toSign, MAX_TOLD_LENGTH);
  return new S3Error("SignatureDoesNotMatch", {
    fields: {
      AWSAccessKeyId: signed.accessKeyId,
      StringToSign: told,
      SignatureProvided: signed.signature,
      StringToSignBytes: spacedHex(told),
    },
  });
}
