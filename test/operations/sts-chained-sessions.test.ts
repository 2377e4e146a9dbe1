import { beforeAll, describe, expect, test } from "vitest";
import { fetchAs } from "../support/accounts.ts";
import { elements, expectError } from "../support/client.ts";
import { expectQueryError, newName, query } from "../support/query-api.ts";
import {
  allowing,
  ANYTHING,
  assumeRole,
  credentialsOf,
  type Home,
  newRole,
  newStage,
  putRolePolicy,
  type Role,
  type SessionKeys,
  sts,
  trusting,
  type User,
} from "../support/sessions.ts";

let home: Home;
let user: User;
let bucket: string;
beforeAll(async () => {
  ({ home, user, bucket } = await newStage());
});

/** What a session gets for reading the object. */
async function read(keys: SessionKeys): Promise<number> {
  return (await fetchAs(keys, "GET", `/${bucket}/k`)).status;
}

describe("a session that makes another", () => {
  const trust = (principal: string) =>
    trusting(
      { AWS: principal },
      { action: ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"] },
    );
  let first: Role;
  let second: Role;
  beforeAll(async () => {
    first = await newRole(home, trust(user.arn), allowing(["sts:*", "s3:*"]));
    second = await newRole(home, trust(first.arn), ANYTHING, { MaxSessionDuration: "7200" });
  });

  test("passes its transitive tags and its source identity on, which nobody changes on the way", async () => {
    const session = await credentialsOf(
      assumeRole(user, first, {
        SourceIdentity: "alice",
        "Tags.member.1.Key": "Team",
        "Tags.member.1.Value": "blue",
        "Tags.member.2.Key": "Step",
        "Tags.member.2.Value": "one",
        "TransitiveTagKeys.member.1": "Team",
      }),
    );
    const chained = await assumeRole(session, second);
    expect(elements(await chained.clone().text(), "SourceIdentity")).toEqual(["alice"]);
    const last = await credentialsOf(chained);
    const conditions = {
      StringEquals: { "aws:PrincipalTag/team": "blue", "aws:SourceIdentity": "alice" },
      Null: { "aws:PrincipalTag/Step": "true" },
    };
    await putRolePolicy(home, second.name, allowing("s3:*", "*", { Condition: conditions }));
    expect(await read(last)).toBe(200);

    for (const key of ["Team", "TEAM"]) {
      const tags = { "Tags.member.1.Key": key, "Tags.member.1.Value": "red" };
      const told = await expectQueryError(
        await assumeRole(session, second, tags),
        400,
        "InvalidParameterValue",
      );
      expect(told.replaceAll("&apos;", "'")).toBe(
        "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
      );
    }
    const other = await assumeRole(session, second, { SourceIdentity: "mallory" });
    await expectQueryError(other, 403, "AccessDenied");
  });

  test("makes it for an hour at most", async () => {
    const session = await credentialsOf(assumeRole(user, first));
    const longer = await assumeRole(session, second, { DurationSeconds: "3601" });
    expect(await expectQueryError(longer, 400, "ValidationError")).toBe(
      "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    );
    await credentialsOf(assumeRole(session, second, { DurationSeconds: "3600" }));
  });

  test("cannot widen itself by any call", async () => {
    const rich = await newRole(home, trust(user.arn), allowing("*"));
    const policy = allowing(["s3:GetObject", "sts:GetCallerIdentity"]);
    const session = await credentialsOf(assumeRole(user, rich, { Policy: policy }));
    const name = { RoleName: rich.name };
    const everything = { PolicyDocument: allowing("*"), PolicyName: "more" };
    const attempts: readonly [action: string, parameters: Record<string, string>][] = [
      ["CreateAccessKey", { UserName: user.name }],
      ["CreateUser", { UserName: newName("user") }],
      ["PutUserPolicy", { UserName: user.name, ...everything }],
      ["PutRolePolicy", { ...name, ...everything }],
      ["AttachRolePolicy", { ...name, PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" }],
      ["UpdateAssumeRolePolicy", { ...name, PolicyDocument: trust("*") }],
      ["UpdateRole", { ...name, MaxSessionDuration: "43200" }],
      ["DeleteRolePolicy", { ...name, PolicyName: "p" }],
      ["CreateRole", { RoleName: newName("role"), AssumeRolePolicyDocument: trust(user.arn) }],
      ["CreatePolicy", everything],
      ["CreateOpenIDConnectProvider", { Url: "https://example.com" }],
    ];
    for (const [action, parameters] of attempts)
      await expectQueryError(await iam(action, parameters, session), 403, "AccessDenied");
    const byTrust = { RoleArn: second.arn, RoleSessionName: "more" };
    for (const [action, parameters] of [
      ["AssumeRole", byTrust],
      ["AssumeRole", { RoleArn: rich.arn, RoleSessionName: "more" }],
      ["GetSessionToken", {}],
      ["GetFederationToken", { Name: "more" }],
    ] as const)
      await expectQueryError(await sts(action, parameters, session), 403, "AccessDenied");
    for (const [method, path] of [
      ["PUT", `/${bucket}/k`],
      ["PUT", `/${bucket}?policy=`],
      ["PUT", `/${bucket}?acl=`],
      ["DELETE", `/${bucket}/k`],
      ["GET", `/${bucket}`],
      ["GET", "/"],
      ["PUT", "/_ledge/accounts/999999999999"],
    ] as const) {
      const answer = await fetchAs(session, method, path, method === "PUT" ? { body: "{}" } : {});
      await expectError(answer, 403, "AccessDenied");
    }
    expect(await read(session)).toBe(200);
  });
});

function iam(action: string, parameters: Record<string, string>, keys: SessionKeys) {
  return query(action, parameters, { keys });
}
