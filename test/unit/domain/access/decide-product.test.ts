import { expect, test } from "vitest";
import { cannedAcl } from "../../../../src/protocol/acl/canned-acl.ts";
import { accountGrant } from "../../../../src/protocol/acl/acl.ts";
import { isSigned } from "../../../../src/protocol/caller.ts";
import { isAllowed, type OracleStatement, type World } from "../../../support/access-oracle.ts";
import { atRandom } from "../../../support/campaign.ts";
import { kindOf, known } from "../../../support/oracle-question.ts";
import {
  ANONYMOUS,
  compiled,
  federatedUserOf,
  OTHER,
  OWNER,
  roleSessionOf,
  rootOf,
  userOf,
} from "../../../support/policy.ts";

const CALLERS = [
  ...[rootOf, userOf, roleSessionOf, federatedUserOf].flatMap((of) => [of(OWNER), of(OTHER)]),
  { ...userOf(OWNER), session: { issuedMs: 0 } },
  ANONYMOUS,
];
type Who = (typeof CALLERS)[number];

const say = (Effect: "Allow" | "Deny", more: object = {}): OracleStatement => ({
  Effect,
  Action: "*",
  Resource: "*",
  ...more,
});
const accountOf = (who: Who) => (isSigned(who) ? who.account.id : OTHER.id);
const exactly = (who: Who) => (isSigned(who) ? who.arn : userOf(OTHER).arn);
const behind = (who: Who) => (isSigned(who) ? (who.behind?.arn ?? who.arn) : exactly(who));

/** By whom the policy names. */
const BUCKET_POLICIES: readonly ((who: Who) => readonly OracleStatement[])[] = [
  () => [],
  () => [say("Allow", { Principal: "*" })],
  (who) => [say("Allow", { Principal: { AWS: accountOf(who) } })],
  (who) => [say("Allow", { Principal: { AWS: exactly(who) } })],
  (who) => [say("Allow", { Principal: { AWS: behind(who) } })],
  () => [say("Deny", { Principal: "*" })],
  (who) => [say("Allow", { Principal: "*" }), say("Deny", { Principal: { AWS: accountOf(who) } })],
  (who) => [
    say("Allow", { Principal: "*" }),
    say("Deny", { NotPrincipal: { AWS: [accountOf(who), behind(who)] } }),
  ],
  () => [say("Allow", { Principal: { AWS: "333333333333" } })],
];
const OWN: readonly (readonly OracleStatement[])[] = [
  [],
  [say("Allow")],
  [say("Allow"), say("Deny")],
  [say("Allow", { Action: "iam:*" })],
];
const LIMITS = [undefined, ...OWN.slice(1)];
const CANNED = ["private", "public-read", "public-read-write", "authenticated-read"];
const OF_BUCKETS = ["private", "public-read-write"];
const ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:PutObjectAcl"];
const OWNERSHIPS = [undefined, "ObjectWriter", "BucketOwnerEnforced"] as const;
const SWITCHES = [false, true];

/** Every way in which a request can be decided, one by one. */
const PARTS = [
  ...[CALLERS, BUCKET_POLICIES, OWN, LIMITS, LIMITS, ACTIONS],
  ...[[...CANNED, "granted"], CANNED, [OWNER, OTHER], OWNERSHIPS, SWITCHES, SWITCHES],
] as const;
const COUNT = PARTS.reduce((count, part) => count * part.length, 1);
/** Has no divisor with COUNT, so that a walk of such steps comes by everything. */
const STEP = 1_000_003;

function worldAt(index: number): World {
  let rest = index;
  const next = <T>(values: readonly T[]): T => {
    const value = values[rest % values.length] as T;
    rest = Math.floor(rest / values.length);
    return value;
  };
  const caller = next(CALLERS);
  const bucketPolicy = next(BUCKET_POLICIES)(caller);
  const [own, boundary, sessionPolicy] = [next(OWN), next(LIMITS), next(LIMITS)];
  const action = next(ACTIONS);
  const ofObject = next([...CANNED, "granted"]);
  const ofBucket = next(OF_BUCKETS);
  const owner = next([OWNER, OTHER]);
  const ownership = next(OWNERSHIPS);
  const hasPolicies = "policies" in caller && caller.policies !== undefined;
  const isOnObject = action.includes("Object");
  return {
    caller,
    action,
    resource: `arn:aws:s3:::bucket${isOnObject ? "/key" : ""}`,
    keys: {},
    bucketPolicy,
    identityPolicy: hasPolicies ? own : [],
    boundary: hasPolicies ? boundary : undefined,
    sessionPolicy: hasPolicies && "session" in caller ? sessionPolicy : undefined,
    bucketOwner: OWNER,
    ownership,
    bucketAcl: cannedAcl(ofBucket, { kind: "bucket", owner: OWNER, bucketOwner: OWNER }),
    objectAcl:
      ofObject === "granted"
        ? { owner, grants: [accountGrant(OTHER, "FULL_CONTROL")] }
        : cannedAcl(ofObject, { kind: "object", owner, bucketOwner: OWNER }),
    IgnorePublicAcls: next(SWITCHES),
    RestrictPublicBuckets: next(SWITCHES),
    isPolicyPublic: bucketPolicy.length > 0 && compiled({ Statement: bucketPolicy }).isPublic,
  };
}

test(
  `all callers, policies, ACLs, switches, and ownerships together are decided as the rules say: ${COUNT} worlds`,
  { timeout: atRandom({ test: 60_000, campaign: 7_200_000 }) },
  () => {
    const decided = Math.min(atRandom({ test: 4_000, campaign: COUNT }), COUNT);
    const counts = { allow: 0, deny: 0, "needs object": 0 };
    for (let i = 0; i < decided; i += 1) {
      const world = worldAt((i * STEP) % COUNT);
      const expected = isAllowed(world) ? "allow" : "deny";
      const found = kindOf(world, known(world));
      if (found !== expected) expect({ world, found }).toEqual({ world, found: expected });
      counts[found] += 1;
    }
    expect(Math.min(counts.allow, counts.deny)).toBeGreaterThan(decided / 10);
  },
);
