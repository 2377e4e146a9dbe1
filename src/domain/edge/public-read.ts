import { aclOfAccess } from "../../protocol/acl/stored-acl.ts";
import { ANONYMOUS } from "../../protocol/caller.ts";
import type { CompiledPolicy } from "../../protocol/policy/compile.ts";
import type { PolicyContext } from "../../protocol/policy/context.ts";
import { evaluate } from "../../protocol/policy/evaluate.ts";
import { GRANT } from "../../protocol/policy/principals.ts";
import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import { type AccessSettings, bucketFactsOf } from "../access/bucket-facts.ts";
import { decide } from "../access/decide.ts";
import type { BucketFacts, ObjectState } from "../access/facts.ts";
import { type Question, s3Resource } from "../access/question.ts";

const GET_OBJECT = "s3:getobject";

/** What else decides which headers an object is told with (`visible-attributes.ts`). */
const OF_HEADERS = ["s3:getobjecttagging", "s3:getobjectretention", "s3:getobjectlegalhold"];

/** What everybody may do with a key, whoever and wherever they are, and whenever they ask. */
export interface PublicRead {
  /** Whether everybody may learn that there is no such object; undefined: it depends. */
  readonly mayLearnOfKey: boolean | undefined;
}

/** Knows nothing of any request, and whether it was asked. */
class NoRequest implements PolicyContext {
  wasAsked = false;

  value(): undefined {
    this.wasAsked = true;
    return undefined;
  }
}

/**
 * Whether the bucket's policy alone lets everybody read an object: decided without asking anything of the request, or of the object's
 * tags. So one answer is right for all requests. A bucket's ACL never counts, nor an object's, whose owner may change it without the
 * bucket's hearing of it.
 *
 * @param access of the object, once it was read: of another account's, a bucket's policy may say nothing; undefined: the bucket owner's
 * @returns undefined: no, or it depends on who asks
 */
export function publicReadOf(
  bucket: BucketRecord,
  key: string,
  settings: AccessSettings,
  access?: string,
): PublicRead | undefined {
  const facts = bucketFactsOf(bucket, settings);
  const { policy, isRequesterPays, owner } = facts;
  if (policy === undefined || isRequesterPays) return undefined;
  const request = new NoRequest();
  const ask = (action: string, path: string, object: ObjectState): Question => ({
    caller: ANONYMOUS,
    permissions: undefined,
    action,
    resource: s3Resource(path),
    bucket: facts,
    object,
    context: request,
  });
  const path = `${facts.name}/${key}`;
  const object = { acl: { owner: aclOfAccess(access, owner).owner, grants: [] }, tags: [] };
  if (decide(ask(GET_OBJECT, path, object)).kind !== "allow") return undefined;
  for (const action of OF_HEADERS) evaluate([policy], ask(action, path, object));
  if (request.wasAsked) return undefined;
  const { kind } = decide(ask("s3:listbucket", facts.name, "none"));
  return { mayLearnOfKey: request.wasAsked ? undefined : kind === "allow" };
}

/** Whether a bucket's policy lets everybody read some of its objects. */
export function hasPublicObjects({ policy, block, isRequesterPays }: BucketFacts): boolean {
  if (policy === undefined || isRequesterPays) return false;
  const isRestricted = block.RestrictPublicBuckets && policy.isPublic;
  return !isRestricted && isOpenToAll(policy);
}

function isOpenToAll({ statements }: CompiledPolicy): boolean {
  return statements.some(
    ({ effect, grantTo, namesAction, conditions }) =>
      effect === "Allow" &&
      grantTo(ANONYMOUS) === GRANT.anyone &&
      namesAction(GET_OBJECT) &&
      conditions.length === 0,
  );
}
