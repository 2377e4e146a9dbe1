import { accountFinder } from "../../domain/known-accounts.ts";
import { type Acl, isPublicAcl, privateAcl } from "../../protocol/acl/acl.ts";
import { checkOwnership, type ObjectOwnership } from "../../protocol/acl/ownership.ts";
import { parseObjectOwnership } from "../../protocol/acl/ownership-controls.ts";
import { readAclHeaders } from "../../protocol/acl/read-acl.ts";
import { storedAccess } from "../../protocol/acl/stored-acl.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { Account } from "../../protocol/owner.ts";
import { ALL_BLOCKED } from "../../protocol/public-access-block.ts";
import type { StoredDocument } from "../../storage/ports/bucket-directory.ts";
import { ACL_DOCUMENT } from "../bucket-config/acl.ts";
import { OWNERSHIP_CONTROLS } from "../bucket-config/ownership-controls.ts";
import { PUBLIC_ACCESS_BLOCK } from "../bucket-config/public-access-block.ts";
import { storedAs } from "../bucket-config/stored-document.ts";
import type { AccountContext } from "../operation.ts";

/** What decides on access to a new bucket. */
export interface NewBucketAccess {
  /** As the request says; undefined: it does not. */
  readonly ownership: ObjectOwnership;
  /** As it is stored; undefined: private. */
  readonly acl: string | undefined;
  readonly documents: readonly StoredDocument[];
}

/**
 * Reads `x-amz-acl`, `x-amz-grant-*`, and `x-amz-object-ownership` of CreateBucket, and adds what `NEW_BUCKETS` says.
 *
 * @throws S3Error InvalidArgument, InvalidRequest (two ACLs), InvalidBucketAclWithBlockPublicAccessError,
 *   InvalidBucketAclWithObjectOwnership, UnresolvableGrantByEmailAddress
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html, and for the refusal of public ACLs
 * https://github.com/emgarten/Sleet/issues/180
 */
export async function readNewBucketAccess(
  context: AccountContext,
  owner: Account,
): Promise<NewBucketAccess> {
  const ownership = parseObjectOwnership(context.request.headers);
  const acl = await readAcl(context, owner);
  const { newBuckets, blockPublicAccess } = context.settings;
  const isAsOnAws = newBuckets === "aws";
  const inForce = ownership ?? (isAsOnAws ? "BucketOwnerEnforced" : undefined);
  checkOwnership(inForce, acl);
  if ((isAsOnAws || blockPublicAccess) && isPublicAcl(acl))
    throw new S3Error("InvalidBucketAclWithBlockPublicAccessError");
  const body = storedAccess(acl, owner);
  const documents = [
    ...(body === undefined ? [] : [{ ...ACL_DOCUMENT, body }]),
    ...(inForce === undefined
      ? []
      : [storedAs(OWNERSHIP_CONTROLS, { Rule: { ObjectOwnership: inForce } })]),
    ...(isAsOnAws ? [storedAs(PUBLIC_ACCESS_BLOCK, ALL_BLOCKED)] : []),
  ];
  return { ownership, acl: body, documents };
}

async function readAcl(context: AccountContext, owner: Account): Promise<Acl> {
  const target = { kind: "bucket", owner, bucketOwner: owner } as const;
  const { headers } = context.request;
  const requested = await readAclHeaders(headers, target, accountFinder(context));
  return requested?.acl ?? privateAcl(owner);
}
