import { expect, test } from "vitest";
import { groupGrant } from "../../../../src/protocol/acl/acl.ts";
import { cannedAcl } from "../../../../src/protocol/acl/canned-acl.ts";
import { S3Error } from "../../../../src/protocol/errors.ts";
import {
  accessDenied,
  type Checked,
  decideAll,
  mayLearnOfKey,
} from "../../../../src/domain/access/checks.ts";
import type { BucketFacts, Permissions } from "../../../../src/domain/access/facts.ts";
import type { Caller } from "../../../../src/protocol/caller.ts";
import { newBucketChecks, uploadChecks } from "../../../../src/domain/access/extra-checks.ts";
import {
  checkNewAcl,
  checkNewPolicy,
  isPublicBucket,
  visibleAcl,
} from "../../../../src/domain/access/public-access.ts";
import {
  ANONYMOUS,
  NO_BLOCK,
  bucketOf,
  OTHER,
  OWNER,
  policyOf,
  rootOf,
  userOf,
} from "../../../support/policy.ts";

const PUT = { action: "s3:PutObject", on: "object" } as const;

interface Upload {
  readonly headers: Readonly<Record<string, string>>;
  readonly statements?: readonly object[];
  readonly caller?: Caller;
  readonly permissions?: Permissions;
  readonly bucket?: Partial<BucketFacts>;
  readonly objectTags?: readonly { readonly key: string; readonly value: string }[];
}

function checkedOf({
  headers,
  statements = [],
  caller = rootOf(OTHER),
  permissions,
  bucket = {},
  objectTags,
}: Upload): Checked {
  const policy = statements.length === 0 ? undefined : policyOf(...statements);
  return {
    caller,
    permissions,
    bucketName: "bucket",
    key: "key",
    bucket: bucketOf({ policy, ...bucket }),
    facts: {
      caller,
      headers: new Headers(headers),
      nowMs: 0,
      isSecure: true,
      sourceIp: undefined,
      tlsVersion: undefined,
      region: "us-east-1",
      signature: undefined,
      bucket: { owner: OWNER, tags: undefined },
      object: "none",
      operation: objectTags === undefined ? {} : { objectTags },
    },
  };
}

function upload(of: Upload): string {
  const checked = checkedOf(of);
  return decideAll([PUT, ...uploadChecks(checked.facts.headers)], checked).kind;
}

const put = (more: object = {}) => ({
  Effect: "Allow",
  Principal: { AWS: OTHER.id },
  Action: "s3:PutObject",
  Resource: "arn:aws:s3:::bucket/*",
  ...more,
});
const FULL = "x-amz-grant-full-control";
const naming = put({ Condition: { StringEquals: { [`s3:${FULL}`]: "id=a1" } } });

test("an upload with an ACL needs PutObjectAcl too, unless its header is what the policy asks for", () => {
  expect(upload({ headers: {}, statements: [put()] })).toBe("allow");
  expect(upload({ headers: { [FULL]: "id=a1" }, statements: [put()] })).toBe("deny");
  expect(upload({ headers: { "x-amz-acl": "private" }, statements: [put()] })).toBe("deny");
  expect(
    upload({
      headers: { [FULL]: "id=a1" },
      statements: [put({ Action: ["s3:PutObject", "s3:PutObjectAcl"] })],
    }),
  ).toBe("allow");
  expect(upload({ headers: { [FULL]: "id=a1" }, statements: [naming] })).toBe("allow");
  expect(upload({ headers: { [FULL]: "id=a2" }, statements: [naming] })).toBe("deny");
  expect(upload({ headers: {}, statements: [naming] })).toBe("deny");
});

test("a header that the policy does not ask for is not let in beside one that it does", () => {
  const headers = { [FULL]: "id=a1", "x-amz-grant-read": "id=a2" };
  expect(upload({ headers, statements: [naming] })).toBe("deny");
});

test("what the header asks for may still be denied", () => {
  const deny = { Effect: "Deny", Principal: "*", Action: "s3:PutObjectAcl", Resource: "*" };
  expect(upload({ headers: { [FULL]: "id=a1" }, statements: [naming, deny] })).toBe("deny");
});

test("an upload with tags is let in by a policy that asks for them", () => {
  const headers = { "x-amz-tagging": "security=public" };
  const Condition = { StringEquals: { "s3:RequestObjectTag/security": "public" } };
  const tagged = (value: string) =>
    upload({ headers, statements: [put({ Condition })], objectTags: [{ key: "security", value }] });
  expect([tagged("public"), tagged("private")]).toEqual(["allow", "deny"]);
});

test("who may write by an ACL may give what it writes an ACL and tags", () => {
  const bucket = { acl: { owner: OWNER, grants: [groupGrant("AllUsers", "WRITE")] } };
  const headers = { "x-amz-acl": "bucket-owner-read" };
  expect(upload({ headers, bucket })).toBe("allow");
  expect(upload({ headers, bucket, caller: ANONYMOUS })).toBe("allow");
  expect(upload({ headers: { "x-amz-tagging": "a=b" }, bucket, caller: ANONYMOUS })).toBe("allow");
  const permissions = {
    identityPolicies: [policyOf({ Effect: "Allow", Action: "s3:PutObject", Resource: "*" })],
  };
  expect(upload({ headers, bucket, caller: userOf(OTHER), permissions })).toBe("deny");
  expect(upload({ headers: {}, bucket, caller: userOf(OTHER), permissions })).toBe("allow");
});

test("a header of an upload asks about the new object, and not about the one that is there", () => {
  const headers = { "x-amz-acl": "private" };
  const statements = [put({ Action: "s3:*" })];
  const checked = checkedOf({ headers, statements });
  const unread: Checked = { ...checked, facts: { ...checked.facts, object: "unread" } };
  expect(decideAll([PUT, ...uploadChecks(unread.facts.headers)], unread).kind).toBe("allow");
});

test("an action beside that is allowed for one's own objects only is not simply allowed", () => {
  const acl = cannedAcl("public-read-write", { kind: "bucket", owner: OWNER, bucketOwner: OWNER });
  const checked = checkedOf({ headers: {}, bucket: { acl } });
  const remove = { action: "s3:DeleteObject", on: "object" } as const;
  expect(decideAll([PUT, remove], checked)).toMatchObject({ onlyIfOwner: OTHER.canonicalId });
});

test("retention and legal hold of an upload need actions of their own", () => {
  const headers = { "x-amz-object-lock-mode": "GOVERNANCE" };
  expect(upload({ headers, statements: [put()] })).toBe("deny");
  expect(
    upload({ headers, statements: [put({ Action: ["s3:PutObject", "s3:PutObjectRetention"] })] }),
  ).toBe("allow");
  expect(upload({ headers: { "x-amz-object-lock-legal-hold": "ON" }, statements: [put()] })).toBe(
    "deny",
  );
});

test.for([
  [{}, false, []],
  [{ "x-amz-acl": "private" }, false, ["s3:PutBucketAcl"]],
  [{ "x-amz-grant-read": "id=a" }, false, ["s3:PutBucketAcl"]],
  [{ "x-amz-object-ownership": "ObjectWriter" }, false, []],
  [{ "x-amz-object-ownership": "BucketOwnerPreferred" }, false, ["s3:PutBucketOwnershipControls"]],
  [
    { "x-amz-bucket-object-lock-enabled": "True" },
    false,
    ["s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning"],
  ],
  [{}, true, ["s3:PutBucketTagging"]],
] as const)("a new bucket with %j, tags %j, needs %j", ([headers, hasTags, actions]) => {
  expect(newBucketChecks(new Headers(headers), hasTags).map(({ action }) => action)).toEqual(
    actions,
  );
});

test("no policy gives the anonymous a multipart upload, or another account the policy", () => {
  const statements = [put({ Principal: "*", Action: "s3:*", Resource: "*" })];
  const multipart = { ...PUT, signedOnly: true } as const;
  const policy = { action: "s3:GetBucketPolicy", on: "bucket", ownAccountOnly: true } as const;
  const asked = (check: typeof multipart | typeof policy, caller: Caller) =>
    decideAll([check], checkedOf({ headers: {}, statements, caller }));
  expect(asked(multipart, ANONYMOUS).kind).toBe("deny");
  expect(asked(multipart, rootOf(OTHER)).kind).toBe("allow");
  expect(asked(policy, rootOf(OWNER)).kind).toBe("allow");
  const refused = asked(policy, rootOf(OTHER));
  expect(refused).toEqual({ kind: "deny", reason: "other account", check: policy });
  expect(
    refused.kind === "deny" && accessDenied(refused, policy, checkedOf({ headers: {} })).code,
  ).toBe("MethodNotAllowed");
});

test("who may list a key learns that there is none", () => {
  const statements = [
    put({
      Principal: "*",
      Action: "s3:ListBucket",
      Resource: "arn:aws:s3:::bucket",
      Condition: { StringLike: { "s3:prefix": "public/*" } },
    }),
  ];
  const learns = (key: string, of: Partial<Upload> = {}) =>
    mayLearnOfKey({ ...checkedOf({ headers: {}, statements, ...of }), key }, false);
  expect([
    learns("public/a"),
    learns("private/a"),
    learns("private/a", { caller: rootOf(OWNER) }),
  ]).toEqual([true, false, true]);
  const bucket = {
    acl: cannedAcl("public-read", { kind: "bucket", owner: OWNER, bucketOwner: OWNER }),
  };
  expect(learns("a", { bucket, caller: ANONYMOUS })).toBe(true);
  expect(mayLearnOfKey({ ...checkedOf({ headers: {}, statements }), key: "public/a" }, true)).toBe(
    false,
  );
});

test("no check at all allows nothing", () => {
  expect(decideAll([], checkedOf({ headers: {}, caller: rootOf(OWNER) })).kind).toBe("deny");
});

test.for([
  [
    userOf(OWNER),
    undefined,
    'User: arn:aws:iam::111111111111:user/alice is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::bucket/key" because no identity-based policy allows the s3:PutObject action',
  ],
  [
    rootOf(OWNER),
    "resource-based policy",
    'User: arn:aws:iam::111111111111:root is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::bucket/key" with an explicit deny in a resource-based policy',
  ],
  [
    userOf(OWNER),
    "identity-based policy",
    'User: arn:aws:iam::111111111111:user/alice is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::bucket/key" with an explicit deny in an identity-based policy',
  ],
  [rootOf(OTHER), "resource-based policy", "Access Denied"],
  [ANONYMOUS, undefined, "Access Denied"],
] as const)("a refusal tells why to the bucket's own account only", ([caller, reason, message]) => {
  const error = accessDenied({ kind: "deny", reason }, PUT, checkedOf({ headers: {}, caller }));
  expect(error).toEqual(new S3Error("AccessDenied", { message }));
});

test("public ACLs and policies are refused where they are blocked, and ignored ones are not shown", () => {
  const acl = cannedAcl("authenticated-read", { kind: "bucket", owner: OWNER, bucketOwner: OWNER });
  const policy = policyOf({ Effect: "Allow", Principal: "*", Action: "s3:*", Resource: "*" });
  expect(() => checkNewAcl(acl, { ...NO_BLOCK, BlockPublicAcls: true })).toThrow(
    new S3Error("AccessDenied"),
  );
  expect(() => checkNewPolicy(policy, { ...NO_BLOCK, BlockPublicPolicy: true })).toThrow(
    new S3Error("AccessDenied"),
  );
  expect(() => checkNewAcl(acl, NO_BLOCK)).not.toThrow();
  expect(() => checkNewPolicy(policy, NO_BLOCK)).not.toThrow();
  expect(visibleAcl(acl, { ...NO_BLOCK, IgnorePublicAcls: true }).grants).toHaveLength(1);
  expect(visibleAcl(acl, NO_BLOCK)).toBe(acl);
  expect([bucketOf({ acl }), bucketOf({ policy }), bucketOf()].map(isPublicBucket)).toEqual([
    true,
    true,
    false,
  ]);
});
