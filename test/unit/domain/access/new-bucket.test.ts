import { expect, test } from "vitest";
import { newBucketChecks } from "../../../../src/domain/access/extra-checks.ts";
import { requireAllowed } from "../../../../src/domain/access/gate.ts";
import type { DocumentFacts } from "../../../../src/domain/access/operation-facts.ts";
import { S3Error } from "../../../../src/protocol/errors.ts";
import { OWNER, userOf } from "../../../support/policy.ts";
import { s3Request } from "../auth/requests.ts";

const CREATE = { action: "s3:CreateBucket", on: "bucket" } as const;
const TAGGED = { bucketTags: [{ key: "team", value: "red" }], locationConstraint: "eu-west-1" };
const PLAIN = { bucketTags: undefined, locationConstraint: undefined };

/** Is a user let in that has these statements, by what is known of the request's document? */
function isLetIn(statements: readonly object[], document: DocumentFacts | "later"): boolean {
  const text = JSON.stringify({
    Version: "2012-10-17",
    Statement: statements.map((statement) => ({ Effect: "Allow", Resource: "*", ...statement })),
  });
  const caller = { ...userOf(OWNER), policies: { identityPolicies: [text] } };
  const request = s3Request({ method: "PUT", target: "/bucket" });
  const settings = { account: OWNER, blockPublicAccess: false, region: "us-east-1" };
  const hasTags = document !== "later" && document.bucketTags !== undefined;
  const checks = [CREATE, ...newBucketChecks(request.headers, hasTags)];
  try {
    requireAllowed({ caller, request, settings }, checks, document);
    return true;
  } catch (error) {
    if (error instanceof S3Error && error.code === "AccessDenied") return false;
    throw error;
  }
}

const Action = ["s3:CreateBucket", "s3:PutBucketTagging"];
const when = (Condition: object) => ({ Action, Condition });
const isTagged = { StringEquals: { "aws:RequestTag/team": "red" } };
const isThere = { StringEquals: { "s3:LocationConstraint": "eu-west-1" } };
const hasOnly = { "ForAllValues:StringEquals": { "aws:TagKeys": ["team"] } };

test.for([
  { name: "anything", statements: [{ Action }], tagged: true, plain: true, later: true },
  { name: "buckets without tags", statements: [{ Action: Action[0] }], tagged: false, plain: true },
  { name: "what has a tag", statements: [when(isTagged)], tagged: true, plain: false },
  {
    name: "what is in a region",
    statements: [when(isThere), { Action: Action[1] }],
    tagged: true,
    plain: false,
  },
  { name: "what has no other tags", statements: [when(hasOnly)], tagged: true, plain: true },
  {
    name: "all but what has a tag",
    statements: [{ Action }, { ...when(isTagged), Effect: "Deny" }],
    tagged: false,
    plain: true,
  },
  {
    name: "nothing",
    statements: [{ Action: "s3:GetObject" }],
    tagged: false,
    plain: false,
    later: false,
  },
])("a user who may make $name does just that", ({ statements, tagged, plain, later = true }) => {
  expect(isLetIn(statements, TAGGED)).toBe(tagged);
  expect(isLetIn(statements, PLAIN)).toBe(plain);
  expect(isLetIn(statements, "later")).toBe(later);
});
