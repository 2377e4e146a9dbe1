import { hash } from "node:crypto";
import { decodeBase64 } from "../../lib/base64.ts";
import type { S3Request } from "../s3-request.ts";
import { invalidArgument, S3Error } from "../errors.ts";

/** The key that a client encrypts with (SSE-C). It is kept nowhere, and neither is anything that it could be known by. */
export interface CustomerKey {
  readonly bytes: Uint8Array;
  /** In base64, as it was sent, to be told again; undefined: it was not sent, which only writes mind at once. */
  readonly md5: string | undefined;
}

/** What the names begin with, up to `customer-algorithm`, `customer-key`, and `customer-key-md5`. */
type Prefix = "x-amz-copy-source-server-side-encryption-" | "x-amz-server-side-encryption-";

const ARGUMENT = "x-amz-server-side-encryption";
const ALGORITHM = "AES256";
const KEY_BYTES = 32;

const KEY_HEADERS = [
  "x-amz-copy-source-server-side-encryption-customer-key",
  "x-amz-server-side-encryption-customer-key",
];

const LEAST_SENT = "Requests specifying Server Side Encryption with Customer provided keys must";
const INVALID_KEY = "The secret key was invalid for the specified algorithm.";

/**
 * The key in a request's headers; undefined when there is none.
 *
 * @param prefix that of the source's key of a copy, if it is not the request's own
 * @throws S3Error InvalidArgument, InvalidEncryptionAlgorithmError
 * Source: recorded from AWS by `TestS3SSECEncryption` in
 * https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3.snapshot.json
 */
export function parseCustomerKey(
  headers: Headers,
  prefix: Prefix = "x-amz-server-side-encryption-",
): CustomerKey | undefined {
  const algorithm = headers.get(`${prefix}customer-algorithm`);
  const key = headers.get(`${prefix}customer-key`);
  const md5 = headers.get(`${prefix}customer-key-md5`) ?? undefined;
  if (algorithm === null && key === null && md5 === undefined) return undefined;
  if (algorithm === null)
    throw invalidArgument(`${LEAST_SENT} provide a valid encryption algorithm.`, ARGUMENT);
  if (algorithm !== ALGORITHM)
    throw new S3Error("InvalidEncryptionAlgorithmError", {
      fields: { ArgumentName: ARGUMENT, ArgumentValue: algorithm },
    });
  if (key === null)
    throw invalidArgument(`${LEAST_SENT} provide an appropriate secret key.`, ARGUMENT);
  const bytes = decodeBase64(key, KEY_BYTES);
  if (bytes === undefined) throw invalidArgument(INVALID_KEY, ARGUMENT);
  if (md5 !== undefined && hash("md5", bytes, "base64") !== md5)
    throw invalidArgument(
      "The calculated MD5 hash of the key did not match the hash that was provided.",
      ARGUMENT,
    );
  return { bytes, md5 };
}

/** The same for what is to be encrypted with it. @throws S3Error as {@link parseCustomerKey} */
export function parseNewCustomerKey(headers: Headers): CustomerKey | undefined {
  const key = parseCustomerKey(headers);
  if (key !== undefined && key.md5 === undefined) throw invalidArgument(INVALID_KEY, ARGUMENT);
  return key;
}

/**
 * Refuses a key that anybody on its way may have read.
 *
 * @throws S3Error InvalidRequest
 */
export function refuseKeysOverHttp({
  headers,
  origin,
}: Pick<S3Request, "headers" | "origin">): void {
  if (origin.startsWith("https:")) return;
  if (!KEY_HEADERS.some((name) => headers.has(name))) return;
  throw new S3Error("InvalidRequest", {
    message: `${LEAST_SENT} be made over a secure connection.`,
  });
}

/** What answers tell of the key that the request brought. */
export function customerKeyHeaders({ md5 = "" }: CustomerKey): Readonly<Record<string, string>> {
  return {
    "x-amz-server-side-encryption-customer-algorithm": ALGORITHM,
    "x-amz-server-side-encryption-customer-key-md5": md5,
  };
}

/** Of a request that reads what is encrypted with another customer's key, or without its MD5. */
export function wrongCustomerKey(): S3Error {
  return new S3Error("AccessDenied", { message: `${LEAST_SENT} provide the correct secret key.` });
}

export function missingCustomerKey(): S3Error {
  return new S3Error("InvalidRequest", {
    message:
      "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.",
  });
}

/** Of a request with a key for what is not encrypted with one. */
export function needlessCustomerKey(): S3Error {
  return new S3Error("InvalidRequest", {
    message: "The encryption parameters are not applicable to this object.",
  });
}

/** A part without a key of an upload with one, or the other way round. */
export function unlikeUpload(): S3Error {
  return new S3Error("InvalidRequest", { message: UNLIKE_UPLOAD });
}

export const UNLIKE_UPLOAD =
  "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.";

/** A part with another key than its upload. */
export function unlikeKeyOfUpload(): S3Error {
  return new S3Error("InvalidRequest", {
    message: "The provided encryption parameters did not match the ones used originally.",
  });
}
