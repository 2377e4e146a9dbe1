import { expect, test } from "vitest";
import type {
  PrincipalPolicies,
  SignedCaller,
  WebIdentityCaller,
} from "../../../../src/protocol/caller.ts";
import type { TrustPolicy } from "../../../../src/protocol/policy/trust-policy.ts";
import { type AssumeAction, mayAssume } from "../../../../src/domain/access/assume-role.ts";
import { iamContext, type IamFacts } from "../../../../src/domain/access/iam-context.ts";
import { OTHER, OWNER, roleSessionOf, rootOf, userOf } from "../../../support/policy.ts";

const ROLE = "arn:aws:iam::111111111111:role/deploy";
const ISSUER = "token.example.com/tenant";
const PROVIDER = `arn:aws:iam::111111111111:oidc-provider/${ISSUER}`;

const document = (...statements: readonly object[]) =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });
const own = (more: object = {}) =>
  document({ Effect: "Allow", Action: "sts:*", Resource: ROLE, ...more });
const trusting = (more: object = {}) => ({
  Effect: "Allow",
  Principal: { AWS: userOf(OWNER).arn },
  Action: "sts:AssumeRole",
  ...more,
});

const IDS = {
  [userOf(OWNER).arn]: "AIDAABCDEFGHIJKLMNOPQ",
  [userOf(OTHER).arn]: "AIDAABCDEFGHIJKLMNOPQ",
  [roleSessionOf(OWNER).behind.arn]: "AROAABCDEFGHIJKLMNOPQ",
};
const trust = (...statements: readonly object[]): TrustPolicy => ({
  text: document(...statements),
  ids: IDS,
});

interface Asked {
  readonly caller?: SignedCaller | WebIdentityCaller;
  readonly by?: TrustPolicy;
  readonly actions?: readonly AssumeAction[];
  readonly facts?: IamFacts;
}

function may({ caller = userOf(OWNER), by = trust(trusting()), actions, facts = {} }: Asked) {
  const global = {
    caller: caller.kind === "web identity" ? ({ kind: "anonymous" } as const) : caller,
    headers: new Headers(),
    nowMs: 0,
    isSecure: true,
    sourceIp: "198.51.100.7",
    tlsVersion: undefined,
    region: "us-east-1",
  };
  const role = { arn: ROLE, account: OWNER, trust: by };
  return mayAssume(caller, role, actions ?? ["sts:AssumeRole"], iamContext(global, facts));
}

const policies = (...identityPolicies: readonly string[]): PrincipalPolicies => ({
  identityPolicies,
});
const withPolicies = (identity: PrincipalPolicies, account = OWNER) => ({
  ...userOf(account),
  policies: identity,
});
const session = roleSessionOf(OWNER);

const ACCOUNT = trust(trusting({ Principal: { AWS: OWNER.id } }));
const ROOTS = trust(trusting({ Principal: { AWS: "arn:aws:iam::222222222222:root" } }));
const EXACT_ELSEWHERE = trust(trusting({ Principal: { AWS: userOf(OTHER).arn } }));
const EVERYBODY = trust(trusting({ Principal: "*" }));
const BEHIND = trust(trusting({ Principal: { AWS: session.behind.arn } }));
const SESSION = trust(trusting({ Principal: { AWS: session.arn } }));
const ALLOWED = policies(own());
const boundary = own({ Action: "s3:*" });

test.for<[name: string, asked: Asked, expected: boolean]>([
  ["a user of the account that is named", {}, true],
  ["one that is denied it", { caller: withPolicies(policies(own({ Effect: "Deny" }))) }, false],
  ["one whose boundary lacks it", { caller: withPolicies({ ...policies(), boundary }) }, true],
  ["a user of an account that is named, alone", { by: ACCOUNT }, false],
  ["and allowed it", { by: ACCOUNT, caller: withPolicies(ALLOWED) }, true],
  [
    "and allowed it beyond its boundary",
    { by: ACCOUNT, caller: withPolicies({ ...ALLOWED, boundary }) },
    false,
  ],
  ["a user that nobody named, and allowed it", { by: ROOTS, caller: withPolicies(ALLOWED) }, false],
  ["everybody, within the account", { by: EVERYBODY }, true],
  ["everybody, elsewhere", { by: EVERYBODY, caller: userOf(OTHER) }, false],
  [
    "everybody, elsewhere and allowed",
    { by: EVERYBODY, caller: withPolicies(ALLOWED, OTHER) },
    true,
  ],
  ["elsewhere, named", { by: EXACT_ELSEWHERE, caller: userOf(OTHER) }, false],
  [
    "elsewhere, named and allowed",
    { by: EXACT_ELSEWHERE, caller: withPolicies(ALLOWED, OTHER) },
    true,
  ],
  ["elsewhere, its account named", { by: ROOTS, caller: userOf(OTHER) }, false],
  [
    "elsewhere, its account named, and allowed",
    { by: ROOTS, caller: withPolicies(ALLOWED, OTHER) },
    true,
  ],
  ["root, named", { by: ACCOUNT, caller: rootOf(OWNER) }, false],
  ["root elsewhere, named", { by: ROOTS, caller: rootOf(OTHER) }, false],
  ["a session of a role that is named", { by: BEHIND, caller: session }, true],
  [
    "one beyond the role's boundary",
    { by: BEHIND, caller: { ...session, policies: { ...policies(), boundary } } },
    false,
  ],
  [
    "one beyond the session's policies",
    { by: BEHIND, caller: { ...session, session: { issuedMs: 0, sessionPolicies: [boundary] } } },
    false,
  ],
  ["a session that is named itself", { by: SESSION, caller: session }, true],
  [
    "a session that is named itself, beyond its policies",
    { by: SESSION, caller: { ...session, session: { issuedMs: 0, sessionPolicies: [boundary] } } },
    true,
  ],
  [
    "who is denied it by the role",
    { by: trust(trusting(), trusting({ Effect: "Deny", Principal: "*" })) },
    false,
  ],
  ["no action at all", { actions: [] }, false],
])("who may act as a role: %s", ([, asked, expected]) => {
  expect(may(asked)).toBe(expected);
});

test("who has the name of a user that was trusted is not trusted", () => {
  const successor = { ...userOf(OWNER), userId: "AIDAZZZZZZZZZZZZZZZZZ" };
  expect(may({ caller: successor })).toBe(false);
  const elsewhere: TrustPolicy = { text: document(trusting()), ids: {} };
  expect(may({ by: elsewhere })).toBe(false);
});

test("a trust policy that is damaged trusts nobody", () => {
  expect(may({ by: { text: "{", ids: {} } })).toBe(false);
});

test("a deputy that is told no ExternalId, or that of somebody else, gets nothing", () => {
  const Condition = { StringEquals: { "sts:ExternalId": "customer-1" } };
  const by = trust(trusting({ Condition }));
  const told = (externalId: string) => ({ by, facts: { keys: { "sts:externalid": externalId } } });
  expect(may(told("customer-1"))).toBe(true);
  expect([may({ by }), may(told("customer-2")), may(told("CUSTOMER-1"))]).toEqual([
    ...[false, false, false],
  ]);
});

test.for(["sts:TagSession", "sts:SetSourceIdentity"] as const)(
  "%s is an action of its own",
  (action) => {
    const actions = ["sts:AssumeRole", action] as const;
    expect(may({ actions })).toBe(false);
    expect(may({ actions, by: trust(trusting({ Action: ["sts:AssumeRole", action] })) })).toBe(
      true,
    );
    const caller = withPolicies(policies(own({ Effect: "Deny", Action: action })));
    expect(may({ actions, caller, by: trust(trusting({ Action: "sts:*" })) })).toBe(false);
  },
);

test.for<[key: string, operator: string, value: string, facts: IamFacts]>([
  ["aws:RequestTag/team", "StringEquals", "red", { requestTags: [{ key: "team", value: "red" }] }],
  [
    "aws:TagKeys",
    "ForAllValues:StringEquals",
    "team",
    { requestTags: [{ key: "team", value: "" }] },
  ],
  ["iam:ResourceTag/team", "StringEquals", "red", { tags: [{ key: "team", value: "red" }] }],
  ["aws:ResourceTag/team", "StringEquals", "red", { tags: [{ key: "team", value: "red" }] }],
  ["sts:RoleSessionName", "StringLike", "ci-*", { keys: { "sts:rolesessionname": "ci-1" } }],
  ["aws:username", "StringEquals", "alice", {}],
  ["aws:SourceIp", "IpAddress", "198.51.100.0/24", {}],
])("a trust policy may ask for %s", ([key, operator, value, facts]) => {
  const asking = (Value: string) =>
    trust(trusting({ Condition: { [operator]: { [key]: Value } } }));
  expect(may({ by: asking(value), facts })).toBe(true);
  const other = key === "aws:SourceIp" ? "203.0.113.0/24" : "another";
  expect(may({ by: asking(other), facts })).toBe(false);
});

const bearer: WebIdentityCaller = {
  kind: "web identity",
  webIdentity: { providerArn: PROVIDER, subject: "repo:a/b", audience: "sts.amazonaws.com" },
};
const facts: IamFacts = {
  token: {
    providerArn: PROVIDER,
    claims: new Map<string, string | readonly string[]>([
      ["sub", "repo:a/b"],
      ["aud", "sts.amazonaws.com"],
      ["amr", ["one", "two"]],
    ]),
  },
};
const federated = (Condition: object = {}, Federated = PROVIDER) =>
  trust({
    Effect: "Allow",
    Principal: { Federated },
    Action: "sts:AssumeRoleWithWebIdentity",
    Condition,
  });

test.for<[name: string, by: TrustPolicy, expected: boolean]>([
  ["of the provider", federated(), true],
  ["of another provider", federated({}, `${PROVIDER}2`), false],
  ["with the subject", federated({ StringEquals: { [`${ISSUER}:sub`]: "repo:a/b" } }), true],
  ["with another subject", federated({ StringEquals: { [`${ISSUER}:sub`]: "repo:a/c" } }), false],
  ["with a claim that it lacks", federated({ StringEquals: { [`${ISSUER}:azp`]: "a" } }), false],
  [
    "with one of several values",
    federated({ "ForAnyValue:StringEquals": { [`${ISSUER}:AMR`]: "two" } }),
    true,
  ],
  [
    "of another issuer's subject",
    federated({ StringLike: { "token.example.com:sub": "*" } }),
    false,
  ],
  ["for users only", trust(trusting({ Principal: "*", Action: "sts:AssumeRole" })), false],
])("a bearer of a token %s", ([, by, expected]) => {
  const actions = ["sts:AssumeRoleWithWebIdentity"] as const;
  expect(may({ caller: bearer, by, actions, facts })).toBe(expected);
  expect(may({ caller: userOf(OWNER), by, actions, facts: {} })).toBe(false);
});
