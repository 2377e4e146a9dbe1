import { expect, test } from "vitest";
import { cannedAcl } from "../../../../src/protocol/acl/canned-acl.ts";
import type { Caller, SignedCaller } from "../../../../src/protocol/caller.ts";
import type { ObjectState, Permissions } from "../../../../src/domain/access/facts.ts";
import { allow, ask, deny, PRIVATE } from "../../../support/decision.ts";
import {
  ANONYMOUS,
  NO_BLOCK,
  OTHER,
  OWNER,
  policyOf,
  roleSessionOf,
  rootOf,
  userOf,
} from "../../../support/policy.ts";
import vectors from "../../../vectors/policy/decisions.json";

const ALLOWED = { identityPolicies: [policyOf(allow())] };

interface Someone {
  readonly caller: Caller;
  readonly permissions?: Permissions;
  /** What names it exactly. */
  readonly arn?: string;
}
const someone = (caller: SignedCaller, permissions?: Permissions): Someone => ({
  caller,
  arn: caller.arn,
  ...(permissions !== undefined && { permissions }),
});
const bounded = {
  identityPolicies: [],
  boundary: policyOf(allow({ Action: "iam:*" })),
};
const session = roleSessionOf(OWNER);
const role = session.behind?.arn ?? "";
const CALLERS: Readonly<Record<string, Someone>> = {
  "the owner's root": someone(rootOf(OWNER)),
  "a user": someone(userOf(OWNER), { identityPolicies: [] }),
  "a user with an identity Allow": someone(userOf(OWNER), ALLOWED),
  "a user with an identity Deny": someone(userOf(OWNER), {
    identityPolicies: [policyOf(allow(), deny())],
  }),
  "a role's session within a boundary without s3, named by its role": {
    caller: session,
    permissions: bounded,
    arn: role,
  },
  "a role's session within a boundary without s3, named itself": someone(session, bounded),
  "a role's session, named by its role": {
    caller: session,
    permissions: { identityPolicies: [] },
    arn: role,
  },
  "a user elsewhere": someone(userOf(OTHER), { identityPolicies: [] }),
  "a user elsewhere with an identity Allow": someone(userOf(OTHER), ALLOWED),
  "root elsewhere": someone(rootOf(OTHER)),
  nobody: { caller: ANONYMOUS },
};

const PUBLIC_READ: ObjectState = {
  acl: cannedAcl("public-read", { kind: "object", owner: OWNER, bucketOwner: OWNER }),
  tags: [],
};

test.for(vectors.rows)("$caller $block: $decisions", ({ caller: name, block, decisions }) => {
  const { caller, permissions, arn } = CALLERS[name] ?? { caller: ANONYMOUS };
  const account = "account" in caller ? caller.account.id : "333333333333";
  const principals: Readonly<Record<string, unknown>> = {
    everybody: "*",
    "the account": { AWS: account },
    exactly: { AWS: arn ?? userOf(OWNER, "another").arn },
  };
  const found = vectors.columns.map((column) => {
    const [policyText = "", aclName] = column.split(", ");
    const [effect, ...who] = policyText.split(" ");
    const Principal = principals[who.join(" ")];
    return ask({
      caller,
      ...(permissions !== undefined && { permissions }),
      bucket: {
        ...(effect !== "no" && { policy: policyOf(allow({ Effect: effect, Principal })) }),
        block: { ...NO_BLOCK, ...(block !== undefined && { [block]: true }) },
      },
      object: aclName === "private" ? PRIVATE : PUBLIC_READ,
    }).kind;
  });
  expect(found.map((kind) => (kind === "allow" ? "A" : "D")).join(" ")).toBe(decisions);
});
