import { accountFinder } from "../../domain/known-accounts.ts";
import { privateAcl } from "../../protocol/acl/acl.ts";
import { checkOwnership, type ObjectOwnership } from "../../protocol/acl/ownership.ts";
import { parseObjectOwnership } from "../../protocol/acl/ownership-controls.ts";
import { readAclHeaders } from "../../protocol/acl/read-acl.ts";
import { storedAccess } from "../../protocol/acl/stored-acl.ts";
import type { Account } from "../../protocol/owner.ts";
import type { StoredDocument } from "../../storage/ports/bucket-directory.ts";
import { ACL_DOCUMENT } from "../bucket-config/acl.ts";
import type { AccountContext } from "../operation.ts";

/** What CreateBucket's headers say of access. */
export interface NewBucketAccess {
  /** As it is given; undefined: it is not. */
  readonly ownership: ObjectOwnership;
  /** As it is stored; undefined: private. */
  readonly acl: string | undefined;
  readonly documents: readonly StoredDocument[];
}

/**
 * Reads `x-amz-acl`, `x-amz-grant-*`, and `x-amz-object-ownership` of CreateBucket.
 *
 * @throws S3Error InvalidArgument, InvalidRequest (two ACLs), InvalidBucketAclWithObjectOwnership,
 *   UnresolvableGrantByEmailAddress
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
 */
export async function readNewBucketAccess(
  context: AccountContext,
  owner: Account,
): Promise<NewBucketAccess> {
  const { headers } = context.request;
  const ownership = parseObjectOwnership(headers);
  const target = { kind: "bucket", owner, bucketOwner: owner } as const;
  const requested = await readAclHeaders(headers, target, accountFinder(context));
  const acl = requested?.acl ?? privateAcl(owner);
  checkOwnership(ownership, acl);
  const body = storedAccess(acl, owner);
  const documents = body === undefined ? [] : [{ ...ACL_DOCUMENT, body }];
  return { ownership, acl: body, documents };
}
