import { NEEDS_OBJECT } from "../../src/protocol/policy/context.ts";
import { type CompiledPolicy } from "../../src/protocol/policy/compile.ts";
import { decide } from "../../src/domain/access/decide.ts";
import { type Question, s3Resource } from "../../src/domain/access/question.ts";
import type { ObjectState } from "../../src/domain/access/facts.ts";
import type { OracleStatement, World } from "./access-oracle.ts";
import { bucketOf, contextOf, NO_BLOCK, policyOf } from "./policy.ts";

/** The one key of the worlds that only an object can tell. */
export const TAG = "s3:ExistingObjectTag/team";

const SILENT: CompiledPolicy = { isPublic: false, statements: [] };

export const policiesOf = (list: readonly OracleStatement[]) =>
  list.length === 0 ? [] : [policyOf(...list)];

/** What the engine is asked about a world. */
export function questionOf(of: World, object: ObjectState): Question {
  const [policy] = policiesOf(of.bucketPolicy);
  const path = of.resource.slice("arn:aws:s3:::".length);
  const isTagUnknown = object === "unread" && path !== "bucket" && of.action !== "s3:PutObject";
  return {
    caller: of.caller,
    permissions: {
      identityPolicies: policiesOf(of.identityPolicy),
      ...(of.boundary !== undefined && { boundary: policiesOf(of.boundary)[0] ?? SILENT }),
      ...(of.sessionPolicy !== undefined && { sessionPolicies: policiesOf(of.sessionPolicy) }),
    },
    action: of.action.toLowerCase(),
    resource: s3Resource(path),
    bucket: bucketOf({
      ownership: of.ownership,
      acl: of.bucketAcl,
      policy,
      block: {
        ...NO_BLOCK,
        IgnorePublicAcls: of.IgnorePublicAcls,
        RestrictPublicBuckets: of.RestrictPublicBuckets,
      },
    }),
    object,
    context: contextOf({ ...of.keys, ...(isTagUnknown && { [TAG]: NEEDS_OBJECT }) }),
  };
}

export const known = (of: World): ObjectState => ({ acl: of.objectAcl, tags: [] });
export const kindOf = (of: World, object: ObjectState) => decide(questionOf(of, object)).kind;
