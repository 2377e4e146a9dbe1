import { S3Error } from "./errors.ts";

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
  if (acl !== null && !CANNED_ACLS.has(acl))
    throw new S3Error("InvalidArgument", {
      fields: { ArgumentName: "x-amz-acl", ArgumentValue: acl },
    });
  const encryption = headers.get("x-amz-server-side-encryption");
  if (encryption === null || encryption === "AES256") return;
  if (encryption.startsWith("aws:")) throw notImplemented("x-amz-server-side-encryption");
  throw new S3Error("InvalidArgument", {
    message: "The encryption method specified is not supported",
    fields: { ArgumentName: "x-amz-server-side-encryption", ArgumentValue: encryption },
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
