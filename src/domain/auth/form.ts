import { createHmac } from "node:crypto";
import { boundedText } from "../../lib/bounded-text.ts";
import { spacedHex } from "../../lib/hex.ts";
import { ANONYMOUS } from "../../protocol/caller.ts";
import { invalidArgument, S3Error } from "../../protocol/errors.ts";
import {
  formFields,
  headersOfForm,
  keyOfForm,
  requiredField,
} from "../../protocol/form/form-fields.ts";
import {
  ANY_SIZE,
  checkPostPolicy,
  parsePostPolicy,
  type SizeRange,
} from "../../protocol/form/post-policy.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import type { ReceivedForm } from "../body/form-file.ts";
import { parseCredential } from "./credential.ts";
import { type Authentication, type FindIdentity, identityOf } from "./identity.ts";
import { MAX_TOLD_LENGTH } from "./limits.ts";
import { notImplementedV4a } from "./payload-claim.ts";
import { parseAmzDate } from "./request-time.ts";
import { isSameSignature, sign, signingKey } from "./signing-key.ts";

type Fields = ReadonlyMap<string, string>;

/** Whose signature the policy of a form has. */
type Signer = Pick<Authentication, "caller" | "signedRegion">;

type Scheme = (policy: string, fields: Fields, find: FindIdentity) => Signer;

/** By the fields of each scheme, any of which is an attempt at it. */
const SCHEMES: readonly (readonly [fields: readonly string[], scheme: Scheme])[] = [
  [["x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"], verifyV4],
  [["awsaccesskeyid", "signature"], verifyV2],
];

/**
 * Who signed the policy of a form, and what it uploads: the request that goes on is PutObject's, whose headers are the
 * fields. Before the signature is verified no more than 20 KB are understood; the file stays unread.
 *
 * @throws S3Error MaxPostPreDataLengthExceeded, InvalidArgument (a field is missing, comes twice, or
 *   says what cannot be), InvalidAccessKeyId, InvalidToken, SignatureDoesNotMatch, InvalidPolicyDocument, AccessDenied (the
 *   policy does not allow it, or there is none), KeyTooLongError, MalformedXML and InvalidTag (`tagging`), NotImplemented (SigV4a)
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html, and, for what is looked at
 *   first, https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3.snapshot.json
 */
export function authenticateForm(
  request: S3Request,
  form: ReceivedForm,
  find: FindIdentity,
  nowMs: number,
): Authentication {
  const fields = formFields(form.head);
  const key = keyOfForm(fields);
  const { caller, signedRegion } = signerOf(fields, find);
  const range = allowedRange(fields, request.bucket ?? "", nowMs);
  return {
    caller,
    payload: { kind: "plain", sha256Hex: undefined },
    signedRegion,
    request: {
      ...request,
      headers: headersOfForm(fields, request.headers),
      rawQuery: "",
      query: new URLSearchParams(),
      key,
      keyWithPluses: undefined,
    },
    form: { ...form, range, fields },
  };
}

/** A form that nobody has signed is anonymous, unless it has a policy that somebody should have. */
function signerOf(fields: Fields, find: FindIdentity): Signer {
  const scheme = SCHEMES.find(([names]) => names.some((name) => fields.has(name)))?.[1];
  if (scheme !== undefined) return scheme(requiredField(fields, "policy"), fields, find);
  if (fields.has("policy")) throw new S3Error("AccessDenied");
  return { caller: ANONYMOUS, signedRegion: undefined };
}

function allowedRange(fields: Fields, bucket: string, nowMs: number): SizeRange {
  const policy = fields.get("policy");
  const range =
    policy === undefined
      ? ANY_SIZE
      : checkPostPolicy(parsePostPolicy(policy), new Map([...fields, ["bucket", bucket]]), nowMs);
  const given = fields.get("bucket");
  if (given !== undefined && given !== bucket)
    throw invalidArgument("The field 'bucket' must name the bucket of the URL.", "bucket", given);
  return range;
}

function verifyV4(policy: string, fields: Fields, find: FindIdentity): Signer {
  const algorithm = requiredField(fields, "X-Amz-Algorithm");
  if (algorithm === "AWS4-ECDSA-P256-SHA256") throw notImplementedV4a();
  if (algorithm !== "AWS4-HMAC-SHA256")
    throw invalidArgument(
      'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"',
      "X-Amz-Algorithm",
      algorithm,
    );
  const credential = parseCredential(requiredField(fields, "X-Amz-Credential"), "form");
  const signature = requiredField(fields, "X-Amz-Signature");
  const amzDate = requiredField(fields, "X-Amz-Date");
  if (parseAmzDate(amzDate) === undefined || !amzDate.startsWith(credential.date))
    throw invalidArgument(
      `X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'", of the day of the credential`,
      "X-Amz-Date",
      amzDate,
    );
  const { accessKeyId, date, region } = credential;
  const { caller, secretAccessKey } = identityOf(tokenOf(fields), accessKeyId, find);
  const computed = sign(signingKey(secretAccessKey, date, region, "s3"), policy);
  checkSignature(computed, signature, accessKeyId, policy);
  return { caller, signedRegion: credential };
}

function verifyV2(policy: string, fields: Fields, find: FindIdentity): Signer {
  const accessKeyId = requiredField(fields, "AWSAccessKeyId");
  const signature = requiredField(fields, "Signature");
  const { caller, secretAccessKey } = identityOf(tokenOf(fields), accessKeyId, find);
  const computed = createHmac("sha1", secretAccessKey).update(policy).digest("base64");
  checkSignature(computed, signature, accessKeyId, policy);
  return { caller, signedRegion: undefined };
}

/** What `identityOf` looks for a session's token in. */
function tokenOf(fields: Fields): Pick<S3Request, "headers" | "query"> {
  const token = fields.get("x-amz-security-token");
  const query = new URLSearchParams(token === undefined ? {} : { "X-Amz-Security-Token": token });
  return { headers: new Headers(), query };
}

function checkSignature(
  computed: string,
  provided: string,
  accessKeyId: string,
  policy: string,
): void {
  if (isSameSignature(computed, provided)) return;
  const toldPolicy = boundedText(policy, MAX_TOLD_LENGTH);
  throw new S3Error("SignatureDoesNotMatch", {
    fields: {
      AWSAccessKeyId: accessKeyId,
      StringToSign: toldPolicy,
      SignatureProvided: provided,
      StringToSignBytes: spacedHex(toldPolicy),
    },
  });
}
