import { checkAclsCount } from "../../protocol/acl/ownership.ts";
import type { Acl } from "../../protocol/acl/acl.ts";
import { readAclRequest } from "../../protocol/acl/read-acl.ts";
import { ownerOfAccess, storedAccess } from "../../protocol/acl/stored-acl.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { ObjectRecord } from "../../protocol/object-record.ts";
import { decidedOn } from "../../storage/ports/decided-on.ts";
import { refusalError } from "../../protocol/refusal.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import { parseVersionId } from "../../protocol/version-id.ts";
import { accountFinder } from "../known-accounts.ts";
import { readVersion } from "../object-version.ts";
import type { BucketPorts } from "../ports.ts";
import { bucketFactsOf } from "./bucket-facts.ts";
import type { BucketFacts } from "./facts.ts";
import { checkNewAcl } from "./public-access.ts";

interface AclRequest extends Pick<
  BucketPorts,
  "accounts" | "bucket" | "decisions" | "index" | "settings"
> {
  readonly request: S3Request;
  readonly key: string;
}

/** How often an object that changes meanwhile is read again. */
const MAX_ATTEMPTS = 5;

/**
 * Puts the ACL that a request asks for, to the version that was read and looked at: canned ACLs depend on its owner, and who
 * may put one on its owner and on the ACL that it has.
 *
 * @param document the request's; empty: headers say it
 * @returns the version's id; undefined when the bucket never had versions
 * @throws S3Error as `readVersion` and `readAclRequest`; AccessControlListNotSupported, AccessDenied (public ACLs are blocked),
 *   SlowDown (the object changes all the time)
 */
export async function changeObjectAcl(
  context: AclRequest,
  document: Uint8Array,
): Promise<string | undefined> {
  const { request, key, index, settings, decisions } = context;
  const versionId = parseVersionId(request.query);
  let facts = bucketFactsOf(context.bucket, settings);
  let asked: Acl | undefined;
  decisions.push((newer) => {
    facts = bucketFactsOf(newer, settings);
    if (asked !== undefined) check(asked, facts);
  });
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    // The shard has seen to it that what is known of the bucket is what is so.
    const record = await readVersion(context);
    asked = await read(context, document, record, facts);
    check(asked, facts);
    const access = storedAccess(asked, facts.owner);
    const outcome = await index.change(key, versionId, { kind: "acl", access }, decidedOn(record));
    if (outcome.ok) return outcome.versionId;
    if (outcome.reason !== "ObjectChanged")
      throw refusalError(outcome, { key, versionId, method: request.method });
  }
  throw new S3Error("SlowDown");
}

function read(
  context: AclRequest,
  document: Uint8Array,
  { access }: ObjectRecord,
  { owner: bucketOwner }: BucketFacts,
): Promise<Acl> {
  const owner = ownerOfAccess(access) ?? bucketOwner;
  const target = { kind: "object", owner, bucketOwner } as const;
  return readAclRequest(context.request.headers, document, target, accountFinder(context));
}

function check(acl: Acl, { ownership, block }: BucketFacts): void {
  checkAclsCount(ownership);
  checkNewAcl(acl, block);
}
