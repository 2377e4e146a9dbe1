import { expect, test } from "vitest";
import { QueryError } from "../../../../src/protocol/query-api/query-error.ts";
import {
  type FindPrincipals,
  readTrustPolicy,
} from "../../../../src/protocol/policy/trust-policy.ts";

const ALICE = "arn:aws:iam::111111111111:user/team/alice";
const WORKER = "arn:aws:iam::111111111111:role/worker";
const STRANGER = "arn:aws:iam::999999999999:role/stranger";

const FOUND = new Map<string, `A${string}` | "elsewhere">([
  [ALICE, "AIDAABCDEFGHIJKLMNOPQ"],
  [WORKER, "AROAABCDEFGHIJKLMNOPQ"],
  [STRANGER, "elsewhere"],
]);
const find: FindPrincipals = (arns) =>
  Promise.resolve(arns.map((arn) => FOUND.get(arn) ?? "missing"));

const statement = (more: object = {}) => ({
  Effect: "Allow",
  Principal: { AWS: ALICE },
  Action: "sts:AssumeRole",
  ...more,
});
const policy = (...statements: readonly object[]) =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });

const read = (text: string) => readTrustPolicy(text, find);

test.for([
  ["no JSON", "{,}", "This policy contains invalid Json"],
  ["no version", '{"Statement":[]}', "Syntax errors in policy."],
  [
    "a resource, and an action of another service",
    policy(statement({ Resource: "*", Action: "s3:GetObject" })),
    "Has prohibited field Resource",
  ],
  ["NotResource", policy(statement({ NotResource: "*" })), "Has prohibited field NotResource"],
  [
    "an action of another service",
    policy(statement({ Action: ["sts:AssumeRole", "s3:GetObject"] })),
    "AssumeRole policy may only specify STS AssumeRole actions.",
  ],
  [
    "every action",
    policy(statement({ Action: "*" })),
    "AssumeRole policy may only specify STS AssumeRole actions.",
  ],
  ["no action", policy(statement({ Action: undefined })), "Policy statement must contain actions."],
  [
    "no principal",
    policy(statement({ Principal: undefined })),
    "Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: The passed in policy has a statement with no principals!",
  ],
  [
    "NotPrincipal",
    policy(statement({ Effect: "Deny", Principal: undefined, NotPrincipal: { AWS: ALICE } })),
    "Has prohibited field NotPrincipal",
  ],
  [
    "a principal of an unknown form",
    policy(statement({ Principal: { Service: "EC2" } })),
    'Invalid principal in policy: "SERVICE":"EC2"',
  ],
  [
    "a wildcard in a principal",
    policy(statement({ Principal: { AWS: "arn:aws:iam::111111111111:user/*" } })),
    'Invalid principal in policy: "AWS":"arn:aws:iam::111111111111:user/*"',
  ],
  [
    "a user that there is not",
    policy(statement(), statement({ Principal: { AWS: [ALICE, `${ALICE}x`] } })),
    `Invalid principal in policy: "AWS":"${ALICE}x"`,
  ],
] as const)("a trust policy with %s is MalformedPolicyDocument", async ([, text, message]) => {
  await expect(read(text)).rejects.toThrow(new QueryError("MalformedPolicyDocument", { message }));
});

test("users and roles are known by their ids, whoever has their names later", async () => {
  const others = ["*", "111111111111", "arn:aws:iam::111111111111:root"];
  const sessions = ["arn:aws:sts::111111111111:assumed-role/worker/monday"];
  const AWS = [...others, ...sessions, ALICE, WORKER, STRANGER];
  const text = policy(
    statement({ Principal: { AWS, Federated: "arn:aws:iam::1:oidc-provider/a" } }),
  );
  const expected = { [ALICE]: "AIDAABCDEFGHIJKLMNOPQ", [WORKER]: "AROAABCDEFGHIJKLMNOPQ" };
  expect(await read(text)).toEqual({ text, ids: expected });
});

test("each user and role is looked up once, and nobody when there is none", async () => {
  const asked: (readonly string[])[] = [];
  const counting: FindPrincipals = (arns) => {
    asked.push(arns);
    return find(arns);
  };
  await readTrustPolicy(policy(statement(), statement({ Sid: "again" })), counting);
  await readTrustPolicy(policy(statement({ Principal: "*" })), counting);
  expect(asked).toEqual([[ALICE]]);
});
