import { expect, test } from "vitest";
import { S3Error } from "../../../../src/protocol/errors.ts";
import {
  MAX_BUCKET_POLICY_BYTES,
  readBucketPolicy,
} from "../../../../src/protocol/policy/bucket-policy.ts";
import { isPublicPolicy } from "../../../../src/protocol/policy/is-public.ts";
import { readPolicy } from "../../../../src/protocol/policy/document.ts";
import { S3_ACTIONS } from "../../../../src/protocol/policy/s3-actions.ts";
import { isKnownConditionKey } from "../../../../src/protocol/policy/condition-keys.ts";
import vectors from "../../../vectors/policy/bucket-policies.json";
import publicVectors from "../../../vectors/policy/public.json";

function read(policy: string) {
  return readBucketPolicy(Buffer.from(policy), "bucket");
}

test.for(vectors.refused)("a policy with $name is MalformedPolicy", ({ policy, message }) => {
  expect(() => read(policy)).toThrow(new S3Error("MalformedPolicy", { message }));
});

test.for(vectors.accepted)("a policy with $name is accepted, its text as it came", ({ policy }) => {
  expect(read(policy).text).toBe(policy);
});

test("a policy has 20,480 bytes at most, and not characters", () => {
  const [{ policy } = { policy: "" }] = vectors.accepted;
  const room = MAX_BUCKET_POLICY_BYTES - policy.length;
  expect(read(policy + " ".repeat(room)).document.statements).toHaveLength(1);
  const message = "Policy exceeds the maximum allowed document size.";
  const tooLarge = policy.replace("*", "é".repeat(room / 2 + 1));
  expect(() => read(tooLarge)).toThrow(new S3Error("MalformedPolicy", { message }));
});

test("bytes that are no UTF-8 are no JSON", () => {
  const body = Buffer.from('{"Statement":[],"Id":"\xff"}', "latin1");
  expect(() => readBucketPolicy(body, "bucket")).toThrow("This policy contains invalid Json");
});

test.for(publicVectors.policies)(
  "a policy for $name is public: $isPublic",
  ({ policy, isPublic }) => {
    expect(isPublicPolicy(readPolicy(JSON.stringify(policy)))).toBe(isPublic);
  },
);

test.for([
  ...[
    "getobject",
    "putbucketpolicy",
    "listallmybuckets",
    "putobjectversionannotation",
    "getbucketcors",
  ],
  ...["bypassgovernanceretention", "getencryptionconfiguration", "abortmultipartupload"],
])("s3:%s is an action", (action) => {
  expect(S3_ACTIONS.has(action)).toBe(true);
});

test.for([
  ["aws:SourceIp", true],
  ["aws:PrincipalTag/team", true],
  ["aws:PrincipalTag", false],
  ["s3:x-amz-object-if-match", true],
  ["sts:authentication", true],
  ["toString", false],
] as const)("%s is a condition key: %j", ([key, isKey]) => {
  expect(isKnownConditionKey(key)).toBe(isKey);
});
