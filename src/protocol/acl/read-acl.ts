import { invalidArgument, S3Error } from "../errors.ts";
import type { Account } from "../owner.ts";
import type { Acl } from "./acl.ts";
import { readAcl } from "./acl-document.ts";
import { type AclTarget, cannedAcl } from "./canned-acl.ts";
import { parseGrantHeaders } from "./grant-headers.ts";
import { type FindAccount, resolveGrants } from "./requested-grants.ts";

/** The ACL that headers ask for. */
export interface HeaderAcl {
  /** The value of `x-amz-acl`; undefined: it comes from grants. */
  readonly canned: string | undefined;
  readonly acl: Acl;
}

/**
 * The ACL that an upload or CreateBucket brings in its headers; undefined: none.
 *
 * @throws S3Error InvalidRequest for `x-amz-acl` beside `x-amz-grant-*`; InvalidArgument, UnresolvableGrantByEmailAddress
 */
export async function readAclHeaders(
  headers: Headers,
  target: AclTarget,
  find: FindAccount,
): Promise<HeaderAcl | undefined> {
  const canned = headers.get("x-amz-acl");
  const requested = parseGrantHeaders(headers);
  if (canned !== null && requested !== undefined)
    throw new S3Error("InvalidRequest", {
      message: "Specifying both Canned ACLs and Header Grants is not allowed",
    });
  if (canned !== null) return { canned, acl: cannedAcl(canned, target) };
  if (requested === undefined) return undefined;
  const grants = await resolveGrants(requested, knowing(target, find));
  return { canned: undefined, acl: { owner: target.owner, grants } };
}

/**
 * The ACL that PutObjectAcl or PutBucketAcl is to set: of headers or of the document.
 *
 * @throws S3Error as {@link readAclHeaders} and {@link readAcl}; MissingSecurityHeader for neither, UnexpectedContent for
 *   both, AccessDenied for a document whose Owner is another
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html
 */
export async function readAclRequest(
  headers: Headers,
  document: Uint8Array,
  target: AclTarget,
  find: FindAccount,
): Promise<Acl> {
  const ofHeaders = await readAclHeaders(headers, target, find);
  if (ofHeaders !== undefined) {
    if (document.byteLength > 0) throw new S3Error("UnexpectedContent");
    return ofHeaders.acl;
  }
  if (document.byteLength === 0)
    throw new S3Error("MissingSecurityHeader", { fields: { MissingHeaderName: "x-amz-acl" } });
  const { ownerId, grants } = readAcl(document);
  const findKnown = knowing(target, find);
  await checkOwner(ownerId, target.owner, findKnown);
  return { owner: target.owner, grants: await resolveGrants(grants, findKnown) };
}

async function checkOwner(id: string, owner: Account, find: FindAccount): Promise<void> {
  if (id === owner.canonicalId) return;
  if ((await find({ canonicalId: id })) !== undefined) throw new S3Error("AccessDenied");
  throw invalidArgument("Invalid id", "CanonicalUser/ID", id);
}

/** Most grants name the owners, who need not be looked up. */
function knowing({ owner, bucketOwner }: AclTarget, find: FindAccount): FindAccount {
  const known: readonly Account[] = [owner, bucketOwner];
  return async (name) => {
    const account =
      "canonicalId" in name && known.find(({ canonicalId }) => canonicalId === name.canonicalId);
    return account || find(name);
  };
}
