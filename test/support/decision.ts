import { privateAcl } from "../../src/protocol/acl/acl.ts";
import type { Caller } from "../../src/protocol/caller.ts";
import { decide, type Decision } from "../../src/domain/access/decide.ts";
import type { BucketFacts, ObjectState, Permissions } from "../../src/domain/access/facts.ts";
import { s3Resource } from "../../src/domain/access/question.ts";
import { bucketOf, contextOf, OWNER } from "./policy.ts";

/** The bucket owner's, and no one else's. */
export const PRIVATE: ObjectState = { acl: privateAcl(OWNER), tags: [] };

export interface Asked {
  readonly caller: Caller;
  readonly permissions?: Permissions;
  readonly action?: string;
  readonly path?: string;
  readonly bucket?: Partial<BucketFacts>;
  readonly object?: ObjectState;
  readonly keys?: Parameters<typeof contextOf>[0];
}

/** GetObject of a private object, unless it says otherwise. */
export function ask({
  caller,
  permissions,
  action = "s3:GetObject",
  path = "bucket/key",
  bucket = {},
  object = PRIVATE,
  keys = {},
}: Asked): Decision {
  return decide({
    caller,
    permissions,
    action: action.toLowerCase(),
    resource: s3Resource(path),
    bucket: bucketOf(bucket),
    object,
    context: contextOf(keys),
  });
}

/** A statement of a policy that belongs to whom it concerns. */
export const allow = (more: object = {}) => ({
  Effect: "Allow",
  Action: "s3:*",
  Resource: "*",
  ...more,
});
export const deny = (more: object = {}) => allow({ Effect: "Deny", ...more });
