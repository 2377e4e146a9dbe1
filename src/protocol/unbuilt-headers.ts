import { invalidArgument, S3Error } from "./errors.ts";

/** Canned ACLs of objects and buckets; they are checked and, until ACLs are built, grant nothing. */
const CANNED_ACLS = new Set([
  "private",
  "public-read",
  "public-read-write",
  "authenticated-read",
  "aws-exec-read",
  "bucket-owner-read",
  "bucket-owner-full-control",
]);

/** What would be stored without the protection or the meaning that the client asked for. */
const UNBUILT_PREFIXES = [
  "x-amz-grant-",
  "x-amz-server-side-encryption-customer-",
  "x-amz-server-side-encryption-aws-kms-",
  "x-amz-server-side-encryption-context",
  "x-amz-server-side-encryption-bucket-key-enabled",
  "x-amz-copy-source-server-side-encryption-customer-",
];

/**
 * Refuses a write whose headers ask for what is not built: to ignore them would lose data or protection.
 *
 * @throws S3Error NotImplemented naming the header; InvalidArgument for an ACL or an encryption that S3 does not know
 */
export function refuseUnbuiltHeaders(headers: Headers): void {
  for (const [name, value] of headers) {
    if (!name.startsWith("x-amz-") || value === "false") continue;
    if (UNBUILT_PREFIXES.some((prefix) => name.startsWith(prefix))) throw notImplemented(name);
  }
  const acl = headers.get("x-amz-acl");
  // Recorded from AWS: this one has no message.
  if (acl !== null && !CANNED_ACLS.has(acl)) throw invalidArgument("", "x-amz-acl", acl);
  const encryption = headers.get("x-amz-server-side-encryption");
  if (encryption === null || encryption === "AES256") return;
  if (encryption.startsWith("aws:")) throw notImplemented("x-amz-server-side-encryption");
  throw invalidArgument(
    "The encryption method specified is not supported",
    "x-amz-server-side-encryption",
    encryption,
  );
}

/** Headers of a new bucket that have one value which says what Ledge does anyway. */
const BUCKET_HEADERS = {
  "x-amz-bucket-namespace": { done: "global", unbuilt: ["account-regional"] },
  "x-amz-object-ownership": {
    done: "BucketOwnerEnforced",
    unbuilt: ["BucketOwnerPreferred", "ObjectWriter"],
  },
};

/**
 * Refuses a new bucket that is to be another kind of bucket, and as {@link refuseUnbuiltHeaders}.
 *
 * @throws S3Error NotImplemented naming the header; InvalidArgument for a value that S3 does not know
 */
export function refuseUnbuiltBucketHeaders(headers: Headers): void {
  refuseUnbuiltHeaders(headers);
  for (const [name, { done, unbuilt }] of Object.entries(BUCKET_HEADERS)) {
    const value = headers.get(name);
    if (value === null || value === done) continue;
    if (unbuilt.includes(value)) throw notImplemented(name);
    // AWS does not tell the value once more.
    const message = `Invalid ${name} header: ${value}`;
    throw new S3Error("InvalidArgument", { message, fields: { ArgumentName: name } });
  }
}

const READERS_KEY = "x-amz-server-side-encryption-customer-algorithm";

/**
 * Nothing is encrypted with a customer's key here, and S3 does not take one for what is not.
 *
 * @throws S3Error InvalidRequest
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html
 */
export function refuseReadersKey(headers: Headers): void {
  if (headers.has(READERS_KEY))
    throw new S3Error("InvalidRequest", {
      message: "The encryption parameters are not applicable to this object.",
    });
}

/** `x-amz-server-side-encryption` of an answer: what the request asked for. */
export function encryptionHeaders(headers: Headers): Readonly<Record<string, string>> {
  const encryption = headers.get("x-amz-server-side-encryption");
  return encryption === null ? {} : { "x-amz-server-side-encryption": encryption };
}

function notImplemented(header: string): S3Error {
  return new S3Error("NotImplemented", { fields: { Header: header } });
}
