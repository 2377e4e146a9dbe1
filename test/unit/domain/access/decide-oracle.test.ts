import { expect, test } from "vitest";
import {
  type Acl,
  accountGrant,
  groupGrant,
  privateAcl,
} from "../../../../src/protocol/acl/acl.ts";
import { OWNERSHIPS } from "../../../../src/protocol/acl/ownership.ts";
import { ANONYMOUS_CANONICAL_ID } from "../../../../src/protocol/caller.ts";
import { decide } from "../../../../src/domain/access/decide.ts";
import { isAllowed, type OracleStatement, type World } from "../../../support/access-oracle.ts";
import { kindOf, known, policiesOf, questionOf, TAG } from "../../../support/oracle-question.ts";
import * as policies from "../../../support/policy.ts";
import { pick, seededRandom } from "../../../support/seeded-random.ts";

const { ANONYMOUS, OTHER, OWNER, rootOf, userOf, roleSessionOf, federatedUserOf } = policies;
/** Whose the objects are that anonymous callers put. */
const NOBODY = { id: "", canonicalId: ANONYMOUS_CANONICAL_ID, displayName: "" };
const random = seededRandom(2026);
const maybe = <T>(make: () => T): T | undefined => (random(2) === 0 ? undefined : make());

const CALLERS = [
  ...[rootOf(OWNER), userOf(OWNER), roleSessionOf(OWNER), federatedUserOf(OWNER)],
  // One that GetSessionToken made.
  { ...userOf(OWNER), session: { issuedMs: 0 } },
  ...[rootOf(OTHER), userOf(OTHER, "bob"), roleSessionOf(OTHER), ANONYMOUS],
];
const PRINCIPALS: readonly OracleStatement["Principal"][] = [
  "*",
  ...[OWNER, OTHER]
    .flatMap(({ id }) => [
      ...[id, `arn:aws:iam::${id}:root`, `arn:aws:iam::${id}:role/worker`],
      ...[userOf({ ...OWNER, id }).arn, roleSessionOf({ ...OWNER, id }).arn],
      federatedUserOf({ ...OWNER, id }).arn,
    ])
    .map((AWS) => ({ AWS })),
];
const ACTIONS = [
  "s3:GetObject",
  "s3:ListBucket",
  "s3:PutObject",
  "s3:PutBucketAcl",
  "s3:GetObjectAcl",
  "s3:PutObjectAcl",
  "s3:GetObjectTagging",
  "s3:GetBucketPolicy",
];
const ACTION_PATTERNS = [...ACTIONS, "s3:*", "*", "S3:getobject*", "s3:Put?bject"];
const OBJECT = "arn:aws:s3:::bucket/home/alice/x";
const RESOURCES = [
  OBJECT,
  "arn:aws:s3:::bucket",
  "*",
  "arn:aws:s3:::bucket/*",
  "arn:aws:s3:::b*",
  "arn:aws:s3:::bucket/home/${aws:username}/*",
  "arn:aws:s3:::bucket/home/bob/*",
];
const OPERATORS = [
  "StringEquals",
  "StringNotEquals",
  "StringLike",
  "StringNotLike",
  "StringEqualsIfExists",
  "StringNotLikeIfExists",
];
const KEYS = ["s3:prefix", TAG, "aws:username"];
const VALUES = ["red", "blue", "r*", "alice"];

/** Half of the time what fits everybody and everything, or the worlds would hardly ever be concerned by their policies. */
const pickOr = <T>(fitting: T, values: readonly T[]): T =>
  maybe(() => pick(random, values)) ?? fitting;

function statement(isIdentity: boolean): OracleStatement {
  const Effect = random(4) === 0 ? "Deny" : "Allow";
  const isNotPrincipal = !isIdentity && Effect === "Deny" && random(3) === 0;
  const someone = pick(random, [
    userOf(OWNER).arn,
    roleSessionOf(OTHER).arn,
    "arn:aws:iam::222222222222:role/worker",
  ]);
  return {
    Effect,
    ...(isIdentity
      ? {}
      : isNotPrincipal
        ? { NotPrincipal: { AWS: [pick(random, [OWNER.id, OTHER.id]), someone] } }
        : { Principal: pickOr("*", PRINCIPALS) ?? "*" }),
    [random(5) === 0 ? "NotAction" : "Action"]: pickOr("s3:*", ACTION_PATTERNS),
    [random(5) === 0 ? "NotResource" : "Resource"]: pickOr("*", RESOURCES),
    ...(random(2) === 0 && {
      Condition: Object.fromEntries(Array.from({ length: 1 + random(2) }, condition)),
    }),
  };
}

function condition() {
  const key = pickOr(TAG, KEYS);
  return random(5) === 0
    ? (["Null", { [key]: pick(random, ["true", "false"]) }] as const)
    : ([pick(random, OPERATORS), { [key]: pick(random, VALUES) }] as const);
}

const statements = (isIdentity: boolean) =>
  Array.from({ length: random(4) }, () => statement(isIdentity));

function acl(owner: typeof OWNER): Acl {
  const permissions = ["READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL"] as const;
  const { grants } = privateAcl(owner);
  const others = [
    () =>
      groupGrant(
        pick(random, ["AllUsers", "AuthenticatedUsers", "LogDelivery"]),
        pick(random, permissions),
      ),
    () => accountGrant(pick(random, [OWNER, OTHER]), pick(random, permissions)),
  ];
  return { owner, grants: [...grants, ...others.flatMap((make) => maybe(make) ?? [])] };
}

function world(): World {
  const caller = pick(random, CALLERS);
  const action = pick(random, ACTIONS);
  const isOnObject = action.includes("Object");
  const bucketPolicy = statements(false);
  const isPublic = policies.compiled({
    Statement: [
      { Effect: "Deny", Principal: "*", Action: "s3:PutBucketCORS", Resource: "*" },
      ...bucketPolicy,
    ],
  }).isPublic;
  const userName = "userName" in caller ? caller.userName : undefined;
  const hasPolicies = caller.kind !== "root" && caller.kind !== "anonymous";
  const isSession = hasPolicies && caller.kind !== "user";
  const isTagged = isOnObject && action !== "s3:PutObject" && random(2) === 0;
  return {
    caller,
    action,
    resource: isOnObject ? OBJECT : "arn:aws:s3:::bucket",
    keys: {
      ...(userName !== undefined && { "aws:username": userName }),
      ...(action === "s3:ListBucket" && random(2) === 0 && { "s3:prefix": pick(random, VALUES) }),
      ...(isTagged && { [TAG]: pick(random, ["red", "blue"]) }),
    },
    bucketPolicy,
    identityPolicy: hasPolicies ? statements(true) : [],
    boundary: hasPolicies ? maybe(() => statements(true)) : undefined,
    sessionPolicy: isSession ? maybe(() => statements(true)) : undefined,
    bucketOwner: OWNER,
    ownership: maybe(() => pick(random, OWNERSHIPS)),
    bucketAcl: acl(OWNER),
    objectAcl: acl(pick(random, [OWNER, OWNER, OTHER, NOBODY])),
    IgnorePublicAcls: random(3) === 0,
    RestrictPublicBuckets: random(3) === 0,
    isPolicyPublic: isPublic,
  };
}

/** The first of so many worlds of which it does not hold. */
function counterexample(count: number, holds: (of: World) => boolean): World | undefined {
  for (let i = 0; i < count; i += 1) {
    const of = world();
    if (!holds(of)) return of;
  }
  return undefined;
}

test("decisions are those of the rules written down directly, whatever the policies, ACLs, and switches", () => {
  const counts = { allow: 0, deny: 0, "needs object": 0 };
  const wrong = counterexample(5_000, (of) => {
    const expected = isAllowed(of) ? "allow" : "deny";
    const unread = kindOf(of, "unread");
    counts[unread] += 1;
    return kindOf(of, known(of)) === expected && [expected, "needs object"].includes(unread);
  });
  expect(wrong).toBeUndefined();
  // Enough of each, or the worlds are all alike.
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(500);
});

test("a Deny more never allows, an Allow more never denies, and the order of statements does not matter", () => {
  const wrong = counterexample(1_500, (drawn) => {
    const of = { ...drawn, RestrictPublicBuckets: false };
    const extra = statement(false);
    const more = { ...of, bucketPolicy: [...of.bucketPolicy, extra] };
    const reversed = { ...more, bucketPolicy: more.bucketPolicy.toReversed() };
    const [before, after] = [kindOf(of, known(of)), kindOf(more, known(of))];
    const never = extra.Effect === "Deny" ? "allow" : "deny";
    return (after === before || after !== never) && kindOf(reversed, known(of)) === after;
  });
  expect(wrong).toBeUndefined();
});

test("a boundary or a session's policy more never allows", () => {
  const wrong = counterexample(1_000, (of) => {
    const limit = statements(true);
    const more = random(2) === 0 ? { boundary: limit } : { sessionPolicy: limit };
    const isLimited = of.boundary !== undefined || of.sessionPolicy !== undefined;
    if (isLimited || !("policies" in of.caller)) return true;
    return kindOf(of, known(of)) === "allow" || kindOf({ ...of, ...more }, known(of)) === "deny";
  });
  expect(wrong).toBeUndefined();
});

test("an identity's policy that is taken apart decides the same", () => {
  const wrong = counterexample(500, (of) => {
    const question = questionOf(of, known(of));
    const identityPolicies = of.identityPolicy.flatMap((each) => policiesOf([each]));
    const permissions = { ...question.permissions, identityPolicies };
    return decide({ ...question, permissions }).kind === decide(question).kind;
  });
  expect(wrong).toBeUndefined();
});
