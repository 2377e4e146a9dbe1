import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { elements } from "../support/client.ts";
import {
  expectQueryError,
  newName,
  type Parameters,
  queried,
  query,
} from "../support/query-api.ts";

const ACCOUNT = env.ACCOUNT_ID;

const policy = (...Statement: readonly object[]) =>
  JSON.stringify({ Version: "2012-10-17", Statement });
const allow = (more: object = {}) => ({ Effect: "Allow", Action: "s3:*", Resource: "*", ...more });

const members = (name: string, values: readonly string[]): Parameters =>
  Object.fromEntries(values.map((value, i) => [`${name}.member.${i + 1}`, value]));

interface Asked {
  readonly policies: readonly string[];
  readonly actions?: readonly string[];
  readonly resources?: readonly string[];
  readonly more?: Parameters;
}

const asked = ({ policies, actions = ["s3:GetObject"], resources = [], more = {} }: Asked) => ({
  ...members("PolicyInputList", policies),
  ...members("ActionNames", actions),
  ...members("ResourceArns", resources),
  ...more,
});

async function decisions(of: Asked): Promise<readonly string[]> {
  return elements(await queried("SimulateCustomPolicy", asked(of)), "EvalDecision");
}

test("each action on each resource is decided, and told by which statement", async () => {
  const own = allow({ Resource: "arn:aws:s3:::mine/*" });
  const text = policy(own, allow({ Effect: "Deny", Action: "s3:DeleteObject" }));
  const answer = await queried(
    "SimulateCustomPolicy",
    asked({
      policies: [policy(allow({ Action: "iam:*" })), text],
      actions: ["s3:GetObject", "s3:DeleteObject"],
      resources: ["arn:aws:s3:::mine/a", "arn:aws:s3:::other/a"],
    }),
  );
  expect(elements(answer, "EvalActionName")).toEqual([
    ...["s3:GetObject", "s3:GetObject", "s3:DeleteObject", "s3:DeleteObject"],
  ]);
  expect(elements(answer, "EvalDecision")).toEqual([
    ...["allowed", "implicitDeny", "explicitDeny", "explicitDeny"],
  ]);
  expect(elements(answer, "SourcePolicyId")).toEqual(Array(3).fill("PolicyInputList.2"));
  const column = text.indexOf('{"Effect"') + 1;
  expect(answer).toContain(
    `<StartPosition><Line>1</Line><Column>${column}</Column></StartPosition>`,
  );
});

test("condition keys are those that the request gives; what is asked for and not given is told", async () => {
  const text = policy(allow({ Condition: { StringEquals: { "aws:PrincipalTag/Team": "red" } } }));
  const missing = await queried("SimulateCustomPolicy", asked({ policies: [text] }));
  expect(elements(missing, "EvalDecision")).toEqual(["implicitDeny"]);
  expect(missing).toContain(
    "<MissingContextValues><member>aws:PrincipalTag/Team</member></MissingContextValues>",
  );
  const entry = (value: string): Parameters => ({
    "ContextEntries.member.1.ContextKeyName": "aws:principaltag/team",
    "ContextEntries.member.1.ContextKeyType": "string",
    "ContextEntries.member.1.ContextKeyValues.member.1": value,
  });
  expect(await decisions({ policies: [text], more: entry("red") })).toEqual(["allowed"]);
  expect(await decisions({ policies: [text], more: entry("blue") })).toEqual(["implicitDeny"]);
});

test("a boundary limits what is allowed, and is told of", async () => {
  const bounds = members("PermissionsBoundaryPolicyInputList", [
    policy(allow({ Action: "s3:List*" })),
  ]);
  const answer = await queried(
    "SimulateCustomPolicy",
    asked({
      policies: [policy(allow())],
      actions: ["s3:GetObject", "s3:ListBucket"],
      more: bounds,
    }),
  );
  expect(elements(answer, "EvalDecision")).toEqual(["implicitDeny", "allowed"]);
  expect(elements(answer, "AllowedByPermissionsBoundary")).toEqual(["false", "true"]);
});

test("a resource's policy decides with the caller's, between accounts with both", async () => {
  const alice = "arn:aws:iam::111111111111:user/alice";
  const bucketPolicy = policy({ ...allow(), Principal: { AWS: alice } });
  const by = (owner: string): Parameters => ({
    CallerArn: alice,
    ResourcePolicy: bucketPolicy,
    ResourceOwner: owner,
  });
  const nothing = policy(allow({ Action: "iam:*" }));
  const within = "arn:aws:iam::111111111111:root";
  expect(await decisions({ policies: [nothing], more: by(within) })).toEqual(["allowed"]);
  expect(await decisions({ policies: [nothing], more: by("222222222222") })).toEqual([
    "implicitDeny",
  ]);
  expect(await decisions({ policies: [policy(allow())], more: by("222222222222") })).toEqual([
    "allowed",
  ]);
});

test("a user is simulated with all that it has: its own policies, its groups', its boundary", async () => {
  const [user, group] = [newName("Simulated"), newName("Group")];
  await queried("CreateUser", { UserName: user, Path: "/team/" });
  await queried("CreateGroup", { GroupName: group });
  await queried("AddUserToGroup", { GroupName: group, UserName: user });
  const own = {
    UserName: user,
    PolicyName: "own",
    PolicyDocument: policy(
      allow({ Action: "s3:GetObject", Resource: "arn:aws:s3:::${aws:username}/*" }),
    ),
  };
  await queried("PutUserPolicy", own);
  await queried("AttachGroupPolicy", {
    GroupName: group,
    PolicyArn: "arn:aws:iam::aws:policy/IAMReadOnlyAccess",
  });
  const PolicySourceArn = `arn:aws:iam::${ACCOUNT}:user/team/${user}`;
  const simulate = (actions: readonly string[], resources: readonly string[]) =>
    queried("SimulatePrincipalPolicy", {
      PolicySourceArn,
      ...members("ActionNames", actions),
      ...members("ResourceArns", resources),
    });
  const answer = await simulate(["s3:GetObject", "iam:GetUser"], [`arn:aws:s3:::${user}/a`, "*"]);
  expect(elements(answer, "EvalDecision")).toEqual([
    "allowed",
    "implicitDeny",
    "allowed",
    "allowed",
  ]);
  expect(elements(answer, "SourcePolicyId")).toEqual([
    `user_${user}_own`,
    "IAMReadOnlyAccess",
    "IAMReadOnlyAccess",
  ]);
  const keys = await queried("GetContextKeysForPrincipalPolicy", { PolicySourceArn });
  expect(keys).toContain("<ContextKeyNames><member>aws:username</member></ContextKeyNames>");

  await queried("PutUserPermissionsBoundary", {
    UserName: user,
    PermissionsBoundary: "arn:aws:iam::aws:policy/IAMReadOnlyAccess",
  });
  const bounded = await simulate(["s3:GetObject", "iam:GetUser"], [`arn:aws:s3:::${user}/a`]);
  expect(elements(bounded, "EvalDecision")).toEqual(["implicitDeny", "allowed"]);

  for (const wrong of [
    `${PolicySourceArn}x`,
    `arn:aws:iam::${ACCOUNT}:user/${user}`,
    PolicySourceArn.replace(ACCOUNT, "999999999999"),
  ])
    await expectQueryError(
      await query("SimulatePrincipalPolicy", {
        PolicySourceArn: wrong,
        ...members("ActionNames", ["s3:GetObject"]),
      }),
      404,
      "NoSuchEntity",
    );
});

test("results come in pages", async () => {
  const all = asked({
    policies: [policy(allow({ Action: "s3:Get*" }))],
    actions: ["s3:GetObject", "s3:PutObject", "s3:GetObjectAcl"],
  });
  const first = await queried("SimulateCustomPolicy", { ...all, MaxItems: "2" });
  expect(elements(first, "EvalDecision")).toEqual(["allowed", "implicitDeny"]);
  const [Marker = ""] = elements(first, "Marker");
  const second = await queried("SimulateCustomPolicy", { ...all, MaxItems: "2", Marker });
  expect(elements(second, "EvalDecision")).toEqual(["allowed"]);
  expect(elements(second, "IsTruncated")).toEqual(["false"]);
});

test("thousands of actions, resources, and statements are asked in bounded pages", async () => {
  const many = Array.from({ length: 2_000 }, (_, i) => `s3:Action${i}`);
  const statements = Array.from({ length: 1_500 }, () => allow({ Action: "s3:*t*e*s*t" }));
  const answer = await queried("SimulateCustomPolicy", {
    ...asked({
      policies: [policy(...statements)],
      actions: many,
      resources: many.map((name) => `arn:aws:s3:::${name}`),
    }),
    MaxItems: "1000",
  });
  expect(elements(answer, "EvalDecision").length).toBeLessThan(100);
  expect(elements(answer, "IsTruncated")).toEqual(["true"]);
});

test("an answer is not many times as long as its request, however many statements match", async () => {
  const statements = Array.from({ length: 1_500 }, () => allow({ Action: "*" }));
  const actions = Array.from({ length: 500 }, () => "s3:GetObject");
  const all = asked({ policies: [policy(...statements)], actions });
  const answer = await queried("SimulateCustomPolicy", { ...all, MaxItems: "1000" });
  const told = elements(answer, "EvalDecision");
  expect([told[0], elements(answer, "IsTruncated")]).toEqual(["allowed", ["true"]]);
  expect(answer.length).toBeLessThan(5_000_000);
});

test.for<[name: string, parameters: Parameters, code: string]>([
  ["a policy that is none", asked({ policies: ["{"] }), "InvalidInput"],
  [
    "a resource's policy without principals",
    asked({ policies: [policy(allow())], more: { ResourcePolicy: policy(allow()) } }),
    "InvalidInput",
  ],
  [
    "a caller that is none",
    asked({ policies: [policy(allow())], more: { CallerArn: "alice" } }),
    "InvalidInput",
  ],
  ["no actions", members("PolicyInputList", [policy(allow())]), "ValidationError"],
])("a simulation with %s is refused", async ([, parameters, code]) => {
  await expectQueryError(await query("SimulateCustomPolicy", parameters), 400, code);
});
