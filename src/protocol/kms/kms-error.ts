import type { S3Error } from "../errors.ts";
import type { QueryError } from "../query-api/query-error.ts";

/**
 * What the KMS API answers instead: `[HTTP status, default message]`.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html and, of each action, its page there
 */
const CATALOGUE = {
  AccessDeniedException: [400, "You do not have sufficient access to perform this action."],
  AlreadyExistsException: [400, "It exists already."],
  ConflictException: [400, "The key is being changed by others. Please try again."],
  DisabledException: [400, "The key is disabled."],
  IncompleteSignatureException: [400, "The request signature does not conform to AWS standards."],
  InvalidMarkerException: [400, "The marker is not valid."],
  InvalidSignatureException: [
    400,
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
  ],
  KMSInternalException: [500, "The request was rejected because an internal exception occurred."],
  KMSInvalidStateException: [400, "The key is not in a state for this."],
  LimitExceededException: [400, "The request exceeds a quota of the account."],
  MalformedPolicyDocumentException: [400, "The policy is not valid."],
  MissingAuthenticationTokenException: [400, "Request is missing Authentication Token"],
  NotAuthorizedException: [400, "Names that begin with alias/aws/ are KMS's own."],
  NotFoundException: [400, "There is no such key."],
  NotImplementedException: [501, "This action is not implemented."],
  RequestEntityTooLargeException: [413, "The request is too large."],
  SerializationException: [400, "The request could not be read."],
  ServiceUnavailableException: [503, "Service is unable to handle the request."],
  TagException: [400, "A tag is not valid."],
  UnknownOperationException: [400, "The operation is not known."],
  UnrecognizedClientException: [400, "The security token included in the request is invalid."],
  UnsupportedOperationException: [400, "This is not supported."],
  ValidationException: [400, "The input fails to satisfy the constraints."],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type KmsErrorCode = keyof typeof CATALOGUE;

/** What an action of the KMS API throws on purpose. */
export class KmsError extends Error {
  override readonly name = "KmsError";
  readonly code: KmsErrorCode;
  readonly status: number;

  constructor(code: KmsErrorCode, message?: string) {
    const [status, defaultMessage] = CATALOGUE[code];
    super(message ?? defaultMessage);
    this.code = code;
    this.status = status;
  }
}

/** What S3, or the APIs of parameters, say of a request, and this API by other codes; and whether their message goes with it. */
const OF_OTHERS: Partial<
  Record<QueryError["code"] | S3Error["code"], readonly [code: KmsErrorCode, keepsMessage: boolean]>
> = {
  AccessDenied: ["AccessDeniedException", true],
  AuthorizationHeaderMalformed: ["IncompleteSignatureException", true],
  AuthorizationQueryParametersError: ["IncompleteSignatureException", true],
  InvalidAccessKeyId: ["UnrecognizedClientException", false],
  InvalidArgument: ["IncompleteSignatureException", true],
  InvalidToken: ["UnrecognizedClientException", false],
  "KMS.KMSInvalidStateException": ["KMSInvalidStateException", true],
  NotImplemented: ["NotImplementedException", true],
  RequestTimeTooSkewed: ["InvalidSignatureException", true],
  ServiceUnavailable: ["ServiceUnavailableException", true],
  SignatureDoesNotMatch: ["InvalidSignatureException", false],
  SlowDown: ["ServiceUnavailableException", false],
  ValidationError: ["ValidationException", true],
};

/** What was thrown by what others have as well: the reading of bodies, signatures, and parameters. */
export function ofOtherError(error: QueryError | S3Error): KmsError {
  const known = OF_OTHERS[error.code];
  if (known === undefined)
    return error.status < 500
      ? new KmsError("SerializationException", error.message)
      : new KmsError("KMSInternalException");
  const [code, keepsMessage] = known;
  return new KmsError(code, keepsMessage ? error.message : undefined);
}
