import type { S3Error } from "../errors.ts";
import { invalidArgument } from "../errors.ts";
import { type CustomerKey, parseNewCustomerKey } from "./customer-key.ts";

/** How a request wants encrypted what it stores. */
export type RequestedEncryption =
  | { readonly method: "C"; readonly customerKey: CustomerKey }
  | { readonly method: "S3" }
  | KmsEncryption;

/** With a key of the registry; DSSE encrypts twice. */
export interface KmsEncryption {
  readonly method: "DSSE" | "KMS";
  /** As it was given: an id, an alias, or the ARN of either; undefined: the account's own for S3. */
  readonly keyId: string | undefined;
  /** JSON of texts by name, which the object's key is bound to. */
  readonly context: string | undefined;
  /** Undefined: as the bucket's default has it. */
  readonly hasBucketKey: boolean | undefined;
}

export const METHOD_HEADER = "x-amz-server-side-encryption";
const KEY_ID_HEADER = `${METHOD_HEADER}-aws-kms-key-id`;
const CONTEXT_HEADER = `${METHOD_HEADER}-context`;
const BUCKET_KEY_HEADER = `${METHOD_HEADER}-bucket-key-enabled`;

/** `SSEAlgorithm` of a bucket's default, and the value of the header. */
export const METHODS = {
  AES256: "S3",
  "aws:kms": "KMS",
  "aws:kms:dsse": "DSSE",
} as const;

const MAX_CONTEXT_CHARACTERS = 8192;

/**
 * What the headers of a request that makes an object say; undefined: nothing, so that the bucket's default applies.
 *
 * @throws S3Error InvalidArgument, InvalidEncryptionAlgorithmError
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html
 */
export function parseEncryption(headers: Headers): RequestedEncryption | undefined {
  const customerKey = parseNewCustomerKey(headers);
  const algorithm = headers.get(METHOD_HEADER);
  const keyId = headers.get(KEY_ID_HEADER) ?? undefined;
  if (customerKey !== undefined) {
    const other = algorithm ?? (keyId === undefined ? undefined : "aws:kms");
    if (other === undefined) return { method: "C", customerKey };
    throw invalidArgument(
      "Server Side Encryption with Customer provided key is incompatible with the encryption method specified",
      METHOD_HEADER,
      other,
    );
  }
  const method = algorithm === null ? undefined : methodOf(algorithm);
  const context = headers.get(CONTEXT_HEADER) ?? undefined;
  const hasBucketKey = parseBucketKey(headers);
  if (method === "KMS" || method === "DSSE")
    return { method, keyId, context: parseContext(context), hasBucketKey };
  if (keyId !== undefined || context !== undefined) throw needsKms(algorithm);
  return method && { method };
}

function methodOf(algorithm: string): "DSSE" | "KMS" | "S3" {
  if (isMethod(algorithm)) return METHODS[algorithm];
  throw invalidArgument(
    "The encryption method specified is not supported",
    METHOD_HEADER,
    algorithm,
  );
}

function isMethod(algorithm: string): algorithm is keyof typeof METHODS {
  return Object.hasOwn(METHODS, algorithm);
}

/** Of what is not encrypted with KMS it means nothing. @throws S3Error InvalidArgument */
function parseBucketKey(headers: Headers): boolean | undefined {
  const value = headers.get(BUCKET_KEY_HEADER);
  if (value === null) return undefined;
  const isEnabled = value.toLowerCase() === "true";
  if (isEnabled || value.toLowerCase() === "false") return isEnabled;
  throw invalidArgument(`The ${BUCKET_KEY_HEADER} header is invalid.`, BUCKET_KEY_HEADER, value);
}

function needsKms(algorithm: string | null): S3Error {
  return invalidArgument(
    "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
    METHOD_HEADER,
    algorithm ?? undefined,
  );
}

/** Base64 of JSON of texts by name. @returns the JSON, with its names in order */
function parseContext(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  let value: unknown;
  try {
    if (header.length <= MAX_CONTEXT_CHARACTERS)
      value = JSON.parse(Buffer.from(header, "base64").toString());
  } catch {
    // What it is instead is said below.
  }
  const entries: [string, unknown][] | undefined =
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.entries(value)
      : undefined;
  if (entries === undefined || entries.some(([, text]) => typeof text !== "string"))
    throw invalidArgument(
      "The header x-amz-server-side-encryption-context shall be Base64-encoded UTF-8 string holding JSON which represents a string-string map",
      CONTEXT_HEADER,
      header,
    );
  return JSON.stringify(Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

/**
 * Refuses what only requests that store something may ask for.
 *
 * @throws S3Error InvalidArgument
 */
export function refuseEncryption(headers: Headers): void {
  for (const name of [METHOD_HEADER, KEY_ID_HEADER, CONTEXT_HEADER, BUCKET_KEY_HEADER]) {
    const value = headers.get(name);
    if (value !== null)
      throw invalidArgument(`${name} header is not supported for this operation.`, name, value);
  }
}
