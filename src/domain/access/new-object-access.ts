import { type Acl, privateAcl } from "../../protocol/acl/acl.ts";
import { grantHeaders } from "../../protocol/acl/grant-headers.ts";
import { checkUploadAcl, ownerOfNewObject } from "../../protocol/acl/ownership.ts";
import { type HeaderAcl, readAclHeaders } from "../../protocol/acl/read-acl.ts";
import { storedAccess } from "../../protocol/acl/stored-acl.ts";
import { canonicalIdOf, type Caller } from "../../protocol/caller.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import { accountFinder, makingAccount } from "../known-accounts.ts";
import type { BucketPorts } from "../ports.ts";
import { bucketFactsOf } from "./bucket-facts.ts";
import type { BucketFacts } from "./facts.ts";
import { checkNewAcl } from "./public-access.ts";

interface Upload extends Pick<
  BucketPorts,
  "accounts" | "bucket" | "buckets" | "decisions" | "settings"
> {
  readonly request: S3Request;
  readonly caller: Caller;
}

/** Is the new object the bucket owner's, and private, whatever the bucket's settings are? Nearly every one is. */
export function isPlainUpload({ request: { headers }, caller, bucket }: Upload): boolean {
  return (
    canonicalIdOf(caller) === bucket.ownerId &&
    !headers.has("x-amz-acl") &&
    grantHeaders(headers).length === 0
  );
}

/**
 * Owner and ACL of the object that a request makes, as `ObjectDraft` has them. Unless {@link isPlainUpload}, the bucket's settings
 * decide, and what is remembered of them may be old: they are asked for before anything is refused, and looked at again when
 * a shard has heard of newer ones.
 *
 * @throws S3Error AccessControlListNotSupported, AccessDenied (public ACLs are blocked), InvalidArgument, InvalidRequest,
 *   UnresolvableGrantByEmailAddress; SlowDown when whose new objects are has just been changed
 */
export async function newObjectAccess(upload: Upload): Promise<string | undefined> {
  const { bucket, buckets, decisions, settings } = upload;
  const factsOf = (record: BucketRecord): BucketFacts => bucketFactsOf(record, settings);
  let facts = factsOf(bucket);
  let asked = await read(upload, facts);
  if (!isLetIn(asked, facts)) {
    facts = factsOf(await buckets.current(bucket));
    asked = await read(upload, facts);
    check(asked, facts);
  }
  decisions.push((newer) => {
    const now = factsOf(newer);
    if (now.ownership !== facts.ownership) throw new S3Error("SlowDown");
    check(asked, now);
  });
  return storedAccess(asked.acl, facts.owner);
}

interface Asked {
  readonly requested: HeaderAcl | undefined;
  readonly acl: Acl;
}

async function read(upload: Upload, facts: BucketFacts): Promise<Asked> {
  const { headers } = upload.request;
  const { ownership, owner: bucketOwner } = facts;
  const maker = makingAccount(upload.caller, bucketOwner);
  const owner = ownerOfNewObject(ownership, headers.get("x-amz-acl"), maker, bucketOwner);
  const target = { kind: "object", owner, bucketOwner } as const;
  const requested = await readAclHeaders(headers, target, accountFinder(upload));
  return { requested, acl: requested?.acl ?? privateAcl(owner) };
}

function check({ requested, acl }: Asked, { ownership, owner, block }: BucketFacts): void {
  checkUploadAcl(ownership, requested, owner);
  checkNewAcl(acl, block);
}

function isLetIn(asked: Asked, facts: BucketFacts): boolean {
  try {
    check(asked, facts);
    return true;
  } catch (error) {
    if (error instanceof S3Error) return false;
    throw error;
  }
}
