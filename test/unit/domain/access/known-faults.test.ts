import { expect, test } from "vitest";
import { cannedAcl } from "../../../../src/protocol/acl/canned-acl.ts";
import type { Caller } from "../../../../src/protocol/caller.ts";
import { decide } from "../../../../src/domain/access/decide.ts";
import { compileStoredPolicy } from "../../../../src/protocol/policy/compile.ts";
import { ask } from "../../../support/decision.ts";
import type { ObjectState, Permissions } from "../../../../src/domain/access/facts.ts";
import {
  ANONYMOUS,
  contextOf,
  OTHER,
  OWNER,
  policyOf,
  rootOf,
  userOf,
} from "../../../support/policy.ts";

/*
 * What went wrong in other servers, by the report of it.
 */

interface Asked {
  readonly caller?: Caller;
  readonly permissions?: Permissions;
  readonly action?: string;
  readonly path?: string;
  readonly statements?: readonly object[];
  readonly object?: ObjectState;
  readonly keys?: Parameters<typeof contextOf>[0];
}

function may({ caller = ANONYMOUS, statements = [], ...asked }: Asked): boolean {
  const policy = statements.length === 0 ? undefined : policyOf(...statements);
  return ask({ caller, bucket: { policy }, ...asked }).kind === "allow";
}

const allow = (more: object = {}) => ({
  Effect: "Allow",
  Principal: "*",
  Action: "s3:*",
  Resource: "*",
  ...more,
});
const deny = (more: object = {}) => allow({ Effect: "Deny", ...more });
const publicRead: ObjectState = {
  acl: cannedAcl("public-read", { kind: "object", owner: OWNER, bucketOwner: OWNER }),
  tags: [],
};

test("an unknown operator leaves an Allow conditional, and a Deny in force (seaweedfs/seaweedfs#11283)", () => {
  const Condition = { StringEqualz: { "aws:Referer": "x" } };
  expect(may({ statements: [allow({ Condition })] })).toBe(false);
  expect(may({ statements: [allow(), deny({ Condition })] })).toBe(false);
});

test("a Deny is not overridden by a public ACL (versity/versitygw#1092, #2148)", () => {
  expect(may({ statements: [deny()], object: publicRead })).toBe(false);
});

test("an Allow of the bucket's policy does not override an identity's Deny (seaweedfs/seaweedfs#11273)", () => {
  const permissions = {
    identityPolicies: [policyOf({ Effect: "Deny", Action: "s3:*", Resource: "*" })],
  };
  expect(may({ caller: userOf(OWNER), permissions, statements: [allow()] })).toBe(false);
});

test("a condition on s3:prefix is not met by a list without the parameter (versity/versitygw#2367)", () => {
  const action = "s3:ListBucket";
  const statements = [allow({ Condition: { StringLike: { "s3:prefix": "public/*" } } })];
  expect(may({ action, path: "bucket", statements })).toBe(false);
  expect(may({ action, path: "bucket", statements, keys: { "s3:prefix": "" } })).toBe(false);
  expect(may({ action, path: "bucket", statements, keys: { "s3:prefix": "public/a" } })).toBe(true);
});

test("a user sees its own folder and not one whose name begins alike (minio/minio#7793)", () => {
  const statements = [allow({ Resource: "arn:aws:s3:::bucket/${aws:username}/*" })];
  const keys = { "aws:username": "jack" };
  expect(may({ statements, path: "bucket/jack/a", keys })).toBe(true);
  expect(may({ statements, path: "bucket/jackson/a", keys })).toBe(false);
  const exact = [allow({ Resource: "arn:aws:s3:::bucket/jack" })];
  expect(may({ statements: exact, path: "bucket/jackson" })).toBe(false);
});

test("a name with a wildcard is itself only, where a variable puts it in", () => {
  const statements = [allow({ Resource: "arn:aws:s3:::bucket/${aws:username}/*" })];
  expect(may({ statements, path: "bucket/jack/a", keys: { "aws:username": "*" } })).toBe(false);
});

test("Null is true of a key that is absent (minio/minio#6955)", () => {
  const statements = [allow({ Condition: { Null: { "aws:Referer": "true" } } })];
  expect(may({ statements })).toBe(true);
  expect(may({ statements, keys: { "aws:Referer": "x" } })).toBe(false);
});

test("NotEquals is the opposite of Equals (minio/minio#3660)", () => {
  const statements = [allow({ Condition: { StringNotEquals: { "s3:prefix": "private" } } })];
  expect(may({ statements, keys: { "s3:prefix": "private" } })).toBe(false);
  expect(may({ statements, keys: { "s3:prefix": "public" } })).toBe(true);
});

test("ForAllValues holds without the key, ForAnyValue does not (KensioSoftware/yulin#1309)", () => {
  const Condition = (set: string) => ({ [`${set}:StringEquals`]: { "aws:TagKeys": "a" } });
  expect(may({ statements: [allow({ Condition: Condition("ForAllValues") })] })).toBe(true);
  expect(may({ statements: [allow({ Condition: Condition("ForAnyValue") })] })).toBe(false);
});

test("an Allow of one thing does not take away what an ACL allows (versity/versitygw#637, #641)", () => {
  const statements = [allow({ Principal: { AWS: OTHER.id }, Action: "s3:GetObjectTagging" })];
  expect(may({ statements, object: publicRead })).toBe(true);
  expect(may({ caller: rootOf(OTHER), statements, object: publicRead })).toBe(true);
});

test("what everybody may, anybody may without the owner's doing (achtungsoftware/alarik#16)", () => {
  expect(may({ statements: [allow()] })).toBe(true);
});

test("a policy for all but some does not let the anonymous in", () => {
  const except = { Principal: undefined, NotPrincipal: { AWS: [OTHER.id, userOf(OTHER).arn] } };
  expect(may({ statements: [allow(except)] })).toBe(false);
  expect(may({ statements: [allow(), deny(except)] })).toBe(false);
});

test("a session policy limits whatever its session does (GHSA-jjjj-jwhf-8rgr, CVE-2022-24842)", () => {
  const everything = policyOf({ Effect: "Allow", Action: "*", Resource: "*" });
  const sessionPolicies = [policyOf({ Effect: "Allow", Action: "s3:*", Resource: "*" })];
  const mayMakeKeys = (permissions: Permissions) =>
    decide({
      caller: userOf(OWNER),
      permissions,
      action: "iam:createaccesskey",
      resource: ["arn", "aws", "iam", "", OWNER.id, "user/root"],
      bucket: undefined,
      object: "none",
      context: contextOf({}),
    }).kind === "allow";
  expect(mayMakeKeys({ identityPolicies: [everything] })).toBe(true);
  expect(mayMakeKeys({ identityPolicies: [everything], sessionPolicies })).toBe(false);
});

test("a policy that can no longer be read takes its Denies along to nobody (seaweedfs/seaweedfs#11283)", () => {
  const stored =
    '{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Robot":1}]}';
  const bucket = { policy: compileStoredPolicy(stored) };
  expect(ask({ caller: rootOf(OWNER), bucket }).kind).toBe("deny");
});
