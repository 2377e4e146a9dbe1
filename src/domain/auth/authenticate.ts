import { ANONYMOUS } from "../../protocol/caller.ts";
import { invalidArgument, type S3Error } from "../../protocol/errors.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import { authenticateHeaderV4, splitAuthorization } from "./header-v4.ts";
import type { Authentication, FindIdentity } from "./identity.ts";
import { notImplementedV4a, payloadOf, UNSIGNED_PAYLOAD } from "./payload-claim.ts";
import { authenticatePresignedV4 } from "./presigned-v4.ts";
import { authenticateHeaderV2, authenticatePresignedV2 } from "./v2.ts";

export type { Authentication, FindIdentity } from "./identity.ts";

type Scheme = (
  request: S3Request,
  components: string,
  find: FindIdentity,
  nowMs: number,
) => Authentication;

/** By what stands before the space of `Authorization`. */
const HEADER_SCHEMES = new Map<string, Scheme>([
  ["AWS4-HMAC-SHA256", authenticateHeaderV4],
  ["AWS", authenticateHeaderV2],
  [
    "AWS4-ECDSA-P256-SHA256",
    () => {
      throw notImplementedV4a();
    },
  ],
]);

/** Any of these is an attempt at a presigned URL; without the others it is a malformed one. */
const PRESIGNED_V4 = ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature"];
const PRESIGNED_V2 = ["AWSAccessKeyId", "Signature"];

/**
 * Who signed a request, and what the signature says of its body. Without any trace of a signature the caller is anonymous; a
 * trace must verify. The region is for the caller to compare with the
 * bucket's: here it is only part of what is signed.
 *
 * @param find the identity of an access key; what it throws is thrown on
 * @throws S3Error InvalidArgument for two signatures, or one of an unknown kind; and as each scheme says
 */
export function authenticate(
  request: S3Request,
  find: FindIdentity,
  nowMs: number,
): Authentication {
  const { headers, query } = request;
  const authorization = headers.get("authorization") ?? "";
  const isPresignedV4 = PRESIGNED_V4.some((name) => query.has(name));
  const isPresignedV2 = PRESIGNED_V2.some((name) => query.has(name));
  const mechanisms = Number(authorization !== "") + Number(isPresignedV4) + Number(isPresignedV2);
  if (mechanisms > 1) throw severalMechanisms(authorization);
  if (isPresignedV4) return authenticatePresignedV4(request, find, nowMs);
  if (isPresignedV2) return authenticatePresignedV2(request, find, nowMs);
  if (authorization === "") return anonymous(request);

  const [name, components] = splitAuthorization(authorization);
  const scheme = HEADER_SCHEMES.get(name);
  if (scheme === undefined)
    throw invalidArgument("Unsupported Authorization Type", "Authorization", authorization);
  return scheme(request, components, find, nowMs);
}

function anonymous(request: S3Request): Authentication {
  const { headers } = request;
  const claim = headers.get("x-amz-content-sha256") ?? UNSIGNED_PAYLOAD;
  const payload = payloadOf(claim, headers, undefined);
  return { caller: ANONYMOUS, payload, signedRegion: undefined, request };
}

function severalMechanisms(authorization: string): S3Error {
  return invalidArgument(
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
    "Authorization",
    authorization,
  );
}
