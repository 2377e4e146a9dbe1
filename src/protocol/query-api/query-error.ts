import type { S3Error } from "../errors.ts";

/**
 * What IAM and STS answer instead: `[HTTP status, default message]`.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and, of each action, its page there
 */
const CATALOGUE = {
  AccessDenied: [403, "Access Denied"],
  ConcurrentModification: [409, "The request was rejected because of a concurrent change."],
  DeleteConflict: [409, "Cannot delete entity, must remove referenced objects first."],
  EntityAlreadyExists: [409, "The entity exists already."],
  ExpiredToken: [403, "The security token included in the request is expired"],
  ExpiredTokenException: [400, "The web identity token that was passed is expired."],
  IncompleteSignature: [400, "The request signature does not conform to AWS standards."],
  InternalFailure: [
    500,
    "The request processing has failed because of an unknown error, exception or failure.",
  ],
  InvalidAction: [400, "The action or operation requested is invalid."],
  InvalidAuthorizationMessageException: [400, "The message is invalid."],
  InvalidClientTokenId: [403, "The security token included in the request is invalid."],
  InvalidIdentityToken: [400, "The web identity token that was passed could not be validated."],
  InvalidInput: [400, "An invalid input parameter was provided."],
  InvalidParameterValue: [400, "An invalid or out-of-range value was supplied."],
  LimitExceeded: [409, "The request exceeds a quota of the account."],
  MalformedInput: [400, "The request could not be read."],
  MalformedPolicyDocument: [400, "The policy is not in the correct format."],
  MissingAction: [400, "The request is missing an action or a required parameter."],
  MissingAuthenticationToken: [403, "Request is missing Authentication Token"],
  NoSuchEntity: [404, "The entity cannot be found."],
  NotImplemented: [501, "This action is not implemented."],
  PackedPolicyTooLarge: [400, "The session policies and tags are too large."],
  RequestEntityTooLarge: [413, "The request is too large."],
  ServiceUnavailable: [503, "Service is unable to handle the request."],
  SignatureDoesNotMatch: [
    403,
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
  ],
  UnmodifiableEntity: [400, "The entity cannot be changed."],
  ValidationError: [400, "The input fails to satisfy the constraints."],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type QueryErrorCode = keyof typeof CATALOGUE;

/** What an action of IAM or STS throws on purpose. */
export class QueryError extends Error {
  override readonly name = "QueryError";
  readonly code: QueryErrorCode;
  readonly status: number;

  constructor(code: QueryErrorCode, { message }: { readonly message?: string } = {}) {
    const [status, defaultMessage] = CATALOGUE[code];
    super(message ?? defaultMessage);
    this.code = code;
    this.status = status;
  }
}

/** What S3 says of a request, and the two APIs by other codes; and whether S3's message goes with it. */
const OF_S3: Partial<
  Record<S3Error["code"], readonly [code: QueryErrorCode, keepsMessage: boolean]>
> = {
  AccessDenied: ["AccessDenied", true],
  AuthorizationHeaderMalformed: ["IncompleteSignature", true],
  AuthorizationQueryParametersError: ["IncompleteSignature", true],
  InvalidAccessKeyId: ["InvalidClientTokenId", false],
  ExpiredToken: ["ExpiredToken", false],
  InvalidArgument: ["IncompleteSignature", true],
  InvalidToken: ["InvalidClientTokenId", false],
  NotImplemented: ["NotImplemented", true],
  RequestTimeTooSkewed: ["SignatureDoesNotMatch", true],
  ServiceUnavailable: ["ServiceUnavailable", true],
  SignatureDoesNotMatch: ["SignatureDoesNotMatch", false],
  SlowDown: ["ServiceUnavailable", false],
};

/** What was thrown by what is S3's as well: the reading of bodies, signatures, and addresses. */
export function ofS3Error(error: S3Error): QueryError {
  const known = OF_S3[error.code];
  if (known === undefined)
    return error.status < 500
      ? new QueryError("MalformedInput", { message: error.message })
      : new QueryError("InternalFailure");
  const [code, keepsMessage] = known;
  return new QueryError(code, keepsMessage ? { message: error.message } : {});
}
