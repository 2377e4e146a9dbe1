import { readDocument } from "../domain/body/read-document.ts";
import { type Infer, many, object, one, oneOf, optional, text } from "../lib/xml-shape.ts";
import { S3Error } from "../protocol/errors.ts";
import { readXml } from "../protocol/read-xml.ts";
import type { AccountContext } from "./operation.ts";

const Owner = object({ ID: one(text), DisplayName: optional(text) });
const Grantee = object({
  ID: optional(text),
  DisplayName: optional(text),
  EmailAddress: optional(text),
  URI: optional(text),
});
const Permission = oneOf("FULL_CONTROL", "READ", "READ_ACP", "WRITE", "WRITE_ACP");
const Grant = object({ Grantee: one(Grantee), Permission: one(Permission) });
const AccessControlPolicy = object({
  Owner: one(Owner),
  AccessControlList: one(object({ Grant: many(Grant) })),
});

/**
 * Reads the ACL that PutObjectAcl or PutBucketAcl is to set, and accepts the one that everything has: full control for its
 * owner, as `x-amz-acl: private` or as a document. No other can be set yet.
 *
 * @param operation AWS's name for it
 * @throws S3Error NotImplemented for another ACL; MissingSecurityHeader (none),
 *   UnexpectedContent (two), MalformedACLError
 */
export async function requireUnchangedAcl(
  operation: string,
  context: Pick<AccountContext, "request" | "payload" | "settings">,
): Promise<void> {
  const { request, settings } = context;
  const { headers } = request;
  const canned = headers.get("x-amz-acl");
  const document = await readDocument(context);
  if (canned !== null && document.byteLength > 0) throw new S3Error("UnexpectedContent");
  if (canned === null && document.byteLength === 0)
    throw new S3Error("MissingSecurityHeader", { fields: { MissingHeaderName: "x-amz-acl" } });
  const isUnchanged =
    canned === null
      ? isOwners(readPolicy(document), settings.account.canonicalId)
      : canned === "private";
  if (!isUnchanged)
    throw new S3Error("NotImplemented", {
      message: `${operation} is not implemented, but for full control for the owner alone`,
    });
}

function isOwners(policy: Infer<typeof AccessControlPolicy>, ownerId: string): boolean {
  const [grant, ...others] = policy.AccessControlList.Grant;
  return (
    policy.Owner.ID === ownerId &&
    others.length === 0 &&
    grant?.Grantee.ID === ownerId &&
    grant.Permission === "FULL_CONTROL"
  );
}

function readPolicy(document: Uint8Array): Infer<typeof AccessControlPolicy> {
  try {
    return readXml(document, "AccessControlPolicy", AccessControlPolicy);
  } catch (error) {
    if (error instanceof S3Error && error.code === "MalformedXML")
      throw new S3Error("MalformedACLError");
    throw error;
  }
}
