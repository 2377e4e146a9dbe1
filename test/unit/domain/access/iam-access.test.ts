import { expect, test } from "vitest";
import type { PrincipalPolicies, SignedCaller } from "../../../../src/protocol/caller.ts";
import {
  AWS_MANAGED_POLICIES,
  awsManagedPolicy,
} from "../../../../src/protocol/policy/aws-managed.ts";
import { readIdentityPolicy } from "../../../../src/protocol/policy/identity-policy.ts";
import { QueryError } from "../../../../src/protocol/query-api/query-error.ts";
import {
  type IamResource,
  requireIamAllowed,
  requireUsableFor,
} from "../../../../src/domain/access/iam-access.ts";
import { OWNER, roleSessionOf, rootOf, userOf } from "../../../support/policy.ts";
import { s3Request } from "../auth/requests.ts";

const ALICE = "arn:aws:iam::111111111111:user/alice";
const BOB = "arn:aws:iam::111111111111:user/team/bob";

const text = (...Statement: readonly object[]) =>
  JSON.stringify({ Version: "2012-10-17", Statement });
const allow = (more: object = {}) => ({ Effect: "Allow", Action: "iam:*", Resource: "*", ...more });

function user(policies: PrincipalPolicies): SignedCaller {
  return { ...userOf(OWNER), policies };
}
const having = (...statements: readonly object[]) =>
  user({ identityPolicies: statements.length === 0 ? [] : [text(...statements)] });

function refusal(caller: SignedCaller, action: string, resource: IamResource): string | undefined {
  const settings = { account: OWNER, blockPublicAccess: false, region: "us-east-1" };
  try {
    requireIamAllowed(
      { caller, request: s3Request({ method: "POST", target: "/" }), settings },
      action,
      resource,
    );
    return undefined;
  } catch (error) {
    if (error instanceof QueryError && error.code === "AccessDenied") return error.message;
    throw error;
  }
}

const NOT_ALLOWED = `User: ${ALICE} is not authorized to perform: iam:GetUser on resource: ${BOB}`;

test("who is allowed nothing is told what would have to allow it", () => {
  const bob = { arn: BOB };
  expect(refusal(having(), "iam:GetUser", bob)).toBe(
    `${NOT_ALLOWED} because no identity-based policy allows the iam:GetUser action`,
  );
  expect(refusal(having(allow(), allow({ Effect: "Deny" })), "iam:GetUser", bob)).toBe(
    `${NOT_ALLOWED} with an explicit deny in an identity-based policy`,
  );
  const boundary = text(allow({ Action: "s3:*" }));
  const bounded = user({ identityPolicies: [text(allow())], boundary });
  expect(refusal(bounded, "iam:GetUser", bob)).toBe(
    `${NOT_ALLOWED} because no permissions boundary allows the iam:GetUser action`,
  );
  const session = {
    ...roleSessionOf(OWNER),
    policies: { identityPolicies: [text(allow())] },
    session: { issuedMs: 0, sessionPolicies: [boundary] },
  };
  expect(refusal(session, "iam:GetUser", bob)).toContain(
    "because no session policy allows the iam:GetUser action",
  );
});

const bobs = allow({ Resource: "arn:aws:iam::111111111111:user/team/*" });

test.for<[name: string, statement: object, action: string, resource: IamResource, may: boolean]>([
  ["whoever is below a path", bobs, "iam:DeleteUser", { arn: BOB }, true],
  ["whoever is not", bobs, "iam:DeleteUser", { arn: ALICE }, false],
  ["of another account", bobs, "iam:DeleteUser", { arn: BOB.replace("1", "2") }, false],
  ["what has no ARN", allow(), "iam:ListAccountAliases", { arn: "*" }, true],
  ["what has no ARN, by one", bobs, "iam:ListAccountAliases", { arn: "*" }, false],
  [
    "what has no ARN, by one of everything in the account",
    allow({ Resource: "arn:aws:iam::111111111111:*" }),
    "iam:ListAccountAliases",
    { arn: "*" },
    false,
  ],
  ["S3's of the same name", allow({ Action: "s3:*" }), "iam:GetUser", { arn: BOB }, false],
  ["a name of another case", allow({ Action: "IAM:getuser" }), "iam:GetUser", { arn: BOB }, true],
])("a policy of IAM is about %s", ([, statement, action, resource, may]) => {
  expect(refusal(having(statement), action, resource) === undefined).toBe(may);
});

test.for<[condition: object, resource: Omit<IamResource, "arn">]>([
  [{ StringEquals: { "iam:ResourceTag/team": "red" } }, { tags: [{ key: "team", value: "red" }] }],
  [
    { StringEquals: { "aws:RequestTag/team": "red" } },
    { requestTags: [{ key: "team", value: "red" }] },
  ],
  [{ "ForAnyValue:StringEquals": { "aws:TagKeys": "team" } }, { tagKeys: ["team"] }],
  [
    { ArnEquals: { "iam:PolicyARN": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" } },
    { keys: { "iam:policyarn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" } },
  ],
  [
    { StringEquals: { "iam:PermissionsBoundary": "arn:aws:iam::111111111111:policy/b" } },
    { keys: { "iam:permissionsboundary": "arn:aws:iam::111111111111:policy/b" } },
  ],
])("a policy of IAM may ask for %j", ([Condition, facts]) => {
  const caller = having(allow({ Condition }));
  expect(refusal(caller, "iam:AttachUserPolicy", { arn: BOB, ...facts })).toBeUndefined();
  expect(refusal(caller, "iam:AttachUserPolicy", { arn: BOB })).toBeDefined();
});

test("a user may be allowed what is its own", () => {
  const own = "arn:aws:iam::*:user/${aws:username}";
  const caller = having(allow({ Action: "iam:*AccessKey*", Resource: own }));
  expect(refusal(caller, "iam:CreateAccessKey", { arn: ALICE })).toBeUndefined();
  expect(refusal(caller, "iam:CreateAccessKey", { arn: BOB })).toBeDefined();
  expect(refusal(caller, "iam:PutUserPolicy", { arn: ALICE })).toBeDefined();
});

const temporary = (caller: SignedCaller): SignedCaller => ({ ...caller, session: { issuedMs: 0 } });
const SESSIONS: Readonly<Record<string, SignedCaller>> = {
  "a key": rootOf(OWNER),
  "root's session": temporary(rootOf(OWNER)),
  "a user's session": temporary(userOf(OWNER)),
  "a role's session": roleSessionOf(OWNER),
  "a federated user": { ...roleSessionOf(OWNER), kind: "federated user" },
};

test.for([
  ["a key", "iam CreateUser", undefined],
  ["a key", "sts GetSessionToken", undefined],
  ["root's session", "iam ListUsers", "InvalidClientTokenId"],
  ["root's session", "sts GetSessionToken", "AccessDenied"],
  ["root's session", "sts GetCallerIdentity", undefined],
  ["a user's session", "iam CreateAccessKey", "InvalidClientTokenId"],
  ["a user's session", "sts GetFederationToken", "AccessDenied"],
  ["a user's session", "sts AssumeRole", undefined],
  ["a user's session", "sts GetCallerIdentity", undefined],
  ["a federated user", "iam GetUser", "InvalidClientTokenId"],
  ["a federated user", "sts AssumeRole", "AccessDenied"],
  ["a federated user", "sts GetCallerIdentity", undefined],
  ["a role's session", "iam CreateUser", undefined],
  ["a role's session", "sts AssumeRole", undefined],
  ["a role's session", "sts GetSessionToken", "AccessDenied"],
  ["a role's session", "sts GetFederationToken", "AccessDenied"],
] as const)("%s and %s: %s", ([name, call, code]) => {
  const caller = SESSIONS[name];
  if (caller === undefined) throw new Error(name);
  const [service = "", action = ""] = call.split(" ");
  const use = () => requireUsableFor(caller, service, action);
  if (code === undefined) expect(use).not.toThrow();
  else expect(use).toThrow(expect.objectContaining({ code }));
});

test("AWS's own policies are those of their names, and good ones", () => {
  for (const { arn, document } of AWS_MANAGED_POLICIES) {
    expect(() => readIdentityPolicy(document)).not.toThrow();
    expect(awsManagedPolicy(arn)?.document).toBe(document);
  }
  expect(awsManagedPolicy("arn:aws:iam::aws:policy/AmazonEC2FullAccess")).toBeUndefined();
  const readOnly = awsManagedPolicy("arn:aws:iam::aws:policy/IAMReadOnlyAccess")?.document ?? "";
  const caller = user({ identityPolicies: [readOnly] });
  expect(refusal(caller, "iam:GetUser", { arn: BOB })).toBeUndefined();
  expect(refusal(caller, "iam:SimulatePrincipalPolicy", { arn: BOB })).toBeUndefined();
  expect(refusal(caller, "iam:DeleteUser", { arn: BOB })).toBeDefined();
});
