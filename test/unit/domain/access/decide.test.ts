import { expect, test } from "vitest";
import { accountGrant, groupGrant, privateAcl } from "../../../../src/protocol/acl/acl.ts";
import { cannedAcl } from "../../../../src/protocol/acl/canned-acl.ts";
import type { Caller } from "../../../../src/protocol/caller.ts";
import { compileStoredPolicy } from "../../../../src/protocol/policy/compile.ts";
import { decide } from "../../../../src/domain/access/decide.ts";
import type { BucketFacts, ObjectState, Permissions } from "../../../../src/domain/access/facts.ts";
import { allow, ask, deny } from "../../../support/decision.ts";
import { s3Resource } from "../../../../src/domain/access/question.ts";
import {
  ANONYMOUS,
  NO_BLOCK,
  contextOf,
  OTHER,
  OWNER,
  policyOf,
  roleSessionOf,
  rootOf,
  userOf,
} from "../../../support/policy.ts";

const ALLOWED = { identityPolicies: [policyOf(allow())] };

const denyPolicy = { policy: policyOf(deny({ Principal: "*" })) };

test.for([
  ["s3:DeleteBucketPolicy", {}, "allow"],
  ["s3:GetBucketPolicy", {}, "allow"],
  ["s3:PutBucketPolicy", { bindsOwner: true }, "deny"],
  ["s3:GetBucketPolicyStatus", {}, "deny"],
  ["s3:ListBucket", {}, "deny"],
] as const)(
  "a policy that shuts its owner's root out leaves it %s with %j: %s",
  ([action, more, kind]) => {
    const bucket = { ...denyPolicy, ...more };
    expect(ask({ caller: rootOf(OWNER), action, path: "bucket", bucket }).kind).toBe(kind);
  },
);

test("the deployment's root can always delete a policy, and a user cannot", () => {
  const bucket = { ...denyPolicy, bindsOwner: true };
  const action = "s3:DeleteBucketPolicy";
  const deploymentRoot = { ...rootOf(OWNER), isDeploymentRoot: true };
  expect(ask({ caller: deploymentRoot, action, path: "bucket", bucket }).kind).toBe("allow");
  expect(
    ask({ caller: userOf(OWNER), permissions: ALLOWED, action, path: "bucket", bucket: denyPolicy })
      .kind,
  ).toBe("deny");
});

const foreign: ObjectState = { acl: privateAcl(OTHER), tags: [] };

test("an object of another account is that account's, whatever the bucket's owner and its policy say", () => {
  const bucket = { policy: policyOf(allow({ Principal: "*" })) };
  expect(ask({ caller: rootOf(OWNER), bucket, object: foreign }).kind).toBe("deny");
  expect(ask({ caller: ANONYMOUS, bucket, object: foreign }).kind).toBe("deny");
  expect(ask({ caller: rootOf(OTHER), object: foreign }).kind).toBe("allow");
  const granted: ObjectState = {
    acl: { owner: OTHER, grants: [accountGrant(OWNER, "READ")] },
    tags: [],
  };
  expect(ask({ caller: rootOf(OWNER), object: granted }).kind).toBe("allow");
  // All but its reading and its ACL is the bucket's affair.
  expect(ask({ caller: rootOf(OWNER), action: "s3:DeleteObject", object: "none" }).kind).toBe(
    "allow",
  );
  expect(ask({ caller: rootOf(OWNER), action: "s3:GetObjectTagging", object: foreign }).kind).toBe(
    "allow",
  );
  // Where ACLs do not count, it is the bucket owner's.
  expect(
    ask({ caller: rootOf(OWNER), bucket: { ownership: "BucketOwnerEnforced" }, object: foreign })
      .kind,
  ).toBe("allow");
});

test("a Deny holds for the owner of an object in another's bucket, too", () => {
  expect(ask({ caller: rootOf(OTHER), bucket: denyPolicy, object: foreign }).kind).toBe("deny");
});

test.for([
  ["root, ACLs do not count", rootOf(OWNER), { ownership: "BucketOwnerEnforced" }, "allow"],
  ["root", rootOf(OWNER), {}, "needs object"],
  ["another's root", rootOf(OTHER), {}, "needs object"],
  ["nobody", ANONYMOUS, {}, "needs object"],
  ["nobody, ACLs do not count", ANONYMOUS, { ownership: "BucketOwnerEnforced" }, "deny"],
  [
    "nobody, public ACLs are ignored",
    ANONYMOUS,
    { block: { ...NO_BLOCK, IgnorePublicAcls: true } },
    "deny",
  ],
  ["root, whom a policy denies it", rootOf(OWNER), denyPolicy, "deny"],
] as const)(
  "before an object is read, the decision for %s is to be: %s",
  ([, caller, bucket, kind]) => {
    expect(ask({ caller, bucket, object: "unread" }).kind).toBe(kind);
  },
);

const WRITABLE = {
  acl: { owner: OWNER, grants: [groupGrant("AllUsers", "WRITE"), accountGrant(OTHER, "READ")] },
};

test("who may write in a bucket by its ACL alone deletes what is its own account's", () => {
  const action = "s3:DeleteObject";
  const object = "none";
  expect(ask({ caller: rootOf(OTHER), action, bucket: WRITABLE, object })).toEqual({
    kind: "allow",
    onlyIfOwner: "a2",
  });
  expect(ask({ caller: ANONYMOUS, action, bucket: WRITABLE, object })).toMatchObject({
    kind: "allow",
    onlyIfOwner: "65a011a29cdf8ec533ec3d1ccaae921c",
  });
  expect(ask({ caller: rootOf(OWNER), action, bucket: WRITABLE, object })).toEqual({
    kind: "allow",
  });
  expect(
    ask({ caller: rootOf(OTHER), action: "s3:DeleteObjectVersion", bucket: WRITABLE, object }).kind,
  ).toBe("deny");
  const policy = policyOf(allow({ Principal: { AWS: OTHER.id } }));
  expect(ask({ caller: rootOf(OTHER), action, bucket: { ...WRITABLE, policy }, object })).toEqual({
    kind: "allow",
  });
});

test.for([
  ["s3:ListBucket", true],
  ["s3:ListBucketVersions", true],
  ["s3:ListBucketMultipartUploads", true],
  ["s3:PutObject", true],
  ["s3:GetBucketAcl", false],
  ["s3:GetBucketPolicy", false],
  ["s3:PutBucketAcl", false],
  ["s3:GetObjectTagging", false],
] as const)("another's READ and WRITE of a bucket let it %s: %j", ([action, isAllowed]) => {
  const decision = ask({
    caller: rootOf(OTHER),
    action,
    path: "bucket",
    bucket: WRITABLE,
    object: "none",
  });
  expect(decision.kind === "allow").toBe(isAllowed);
});

test("an upload's parts are listed and aborted by the account that began it", () => {
  const action = "s3:AbortMultipartUpload";
  const upload: ObjectState = { acl: privateAcl(OTHER), tags: [], initiatorId: OTHER.canonicalId };
  expect(ask({ caller: rootOf(OTHER), action, object: "unread" }).kind).toBe("needs object");
  expect(ask({ caller: rootOf(OTHER), action, object: upload }).kind).toBe("allow");
  expect(
    ask({ caller: rootOf({ ...OTHER, canonicalId: "a3" }), action, object: upload }).kind,
  ).toBe("deny");
  expect(ask({ caller: ANONYMOUS, action, object: "unread" }).kind).toBe("deny");
});

test("what has no bucket yet is for root, and for those whose policies allow it", () => {
  const create = (caller: Caller, permissions?: Permissions) =>
    decide({
      caller,
      permissions,
      action: "s3:createbucket",
      resource: s3Resource("new"),
      bucket: undefined,
      object: "none",
      context: contextOf({}),
    }).kind;
  expect([
    create(rootOf(OTHER)),
    create(userOf(OTHER)),
    create(userOf(OTHER), ALLOWED),
    create(ANONYMOUS),
  ]).toEqual(["allow", "deny", "allow", "deny"]);
});

test("a session policy limits what its session may, and allows nothing by itself", () => {
  const caller = roleSessionOf(OWNER);
  const sessionPolicies = [policyOf(allow({ Resource: "arn:aws:s3:::bucket/mine/*" }))];
  const may = (path: string, permissions: Permissions) => ask({ caller, permissions, path }).kind;
  expect(may("bucket/mine/a", { ...ALLOWED, sessionPolicies })).toBe("allow");
  expect(may("bucket/a", { ...ALLOWED, sessionPolicies })).toBe("deny");
  expect(may("bucket/mine/a", { identityPolicies: [], sessionPolicies })).toBe("deny");
  expect(may("bucket/mine/a", { ...ALLOWED, sessionPolicies: [] })).toBe("deny");
});

test("Ledge delivers logs where a policy names its service, or an ACL the group", () => {
  const caller: Caller = {
    kind: "service",
    name: "logging.s3.amazonaws.com",
    sourceArn: "arn:aws:s3:::source",
    sourceAccountId: OWNER.id,
  };
  const action = "s3:PutObject";
  const policy = policyOf(allow({ Principal: { Service: "logging.s3.amazonaws.com" } }));
  const acl = cannedAcl("log-delivery-write", { kind: "bucket", owner: OWNER, bucketOwner: OWNER });
  const may = (bucket: Partial<BucketFacts>) =>
    ask({ caller, action, bucket, object: "none" }).kind;
  expect([may({}), may({ policy }), may({ acl })]).toEqual(["deny", "allow", "allow"]);
  expect(may({ policy: policyOf(allow({ Principal: { Service: "s3.amazonaws.com" } })) })).toBe(
    "deny",
  );
});

test.for(["", "no JSON", '{"Statement":[{"Effect":"Maybe"}]}', '{"Statement":[],"Statement":[]}'])(
  "the stored policy %j, which nobody can read, denies everything",
  (text) => {
    const bucket = { policy: compileStoredPolicy(text) };
    expect(ask({ caller: rootOf(OWNER), bucket }).kind).toBe("deny");
    expect(ask({ caller: ANONYMOUS, bucket }).kind).toBe("deny");
  },
);

test("a stored statement with a kind of principal that there is not denies, and does not allow", () => {
  const Principal = { Robot: "*" };
  expect(ask({ caller: ANONYMOUS, bucket: { policy: policyOf(allow({ Principal })) } }).kind).toBe(
    "deny",
  );
  expect(
    ask({ caller: rootOf(OWNER), bucket: { policy: policyOf(deny({ Principal })) } }).kind,
  ).toBe("deny");
});
