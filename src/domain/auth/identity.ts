import type { Caller, SignedCaller } from "../../protocol/caller.ts";
import { boundedText } from "../../lib/bounded-text.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import type { FormUpload } from "../body/form-file.ts";
import type { Credential, SignedRegion } from "./credential.ts";
import { MAX_TOLD_LENGTH } from "./limits.ts";
import type { Payload } from "./payload.ts";

/** Whom an access key stands for. */
export interface Identity {
  readonly caller: SignedCaller;
  readonly secretAccessKey: string;
}

/**
 * @param sessionToken undefined: the request has none
 * @returns undefined: there is no such key; whether it needs a token is for the caller to see
 * @throws S3Error InvalidToken, ExpiredToken
 */
export type FindIdentity = (
  accessKeyId: string,
  sessionToken: string | undefined,
) => Identity | undefined;

/** What a valid signature says of a request, or that nobody signed it. */
export interface Authentication {
  readonly caller: Caller;
  readonly payload: Payload;
  /** That of the credential scope; undefined for SigV2, which has none, and for anonymous callers. */
  readonly signedRegion: SignedRegion | undefined;
  /** The request as it was signed: what was changed on its way is as the signature has it. */
  readonly request: S3Request;
  /** What a form uploads; undefined for every other request. */
  readonly form?: FormUpload;
}

/** A signature whose key is known, while the hash of what it signs is not. */
export interface Unverified {
  readonly caller: SignedCaller;
  readonly credential: Credential;
  /**
   * @param payloadHash of the body, in hex
   * @returns the request as it was signed
   * @throws S3Error SignatureDoesNotMatch
   */
  readonly verify: (payloadHash: string) => S3Request;
}

/**
 * The identity of the key that a request is signed with.
 *
 * @throws S3Error InvalidAccessKeyId; InvalidToken for a token that is not this key's; ExpiredToken
 */
export function identityOf(
  { headers, query }: Pick<S3Request, "headers" | "query">,
  accessKeyId: string,
  find: FindIdentity,
): Identity {
  const token =
    headers.get("x-amz-security-token") ??
    query.get("X-Amz-Security-Token") ??
    query.get("x-amz-security-token") ??
    undefined;
  const identity = find(accessKeyId, token);
  if (identity === undefined)
    throw new S3Error("InvalidAccessKeyId", { fields: { AWSAccessKeyId: accessKeyId } });
  // Only temporary credentials have one.
  if (token !== undefined && identity.caller.session === undefined) throw invalidToken(token);
  return identity;
}

export function invalidToken(token: string): S3Error {
  return new S3Error("InvalidToken", {
    fields: { "Token-0": boundedText(token, MAX_TOLD_LENGTH) },
  });
}
