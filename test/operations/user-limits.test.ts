import { beforeAll, describe, expect, test } from "vitest";
import { IAM, STS } from "../../src/operations/query/query-apis.ts";
import { fetchAs } from "../support/accounts.ts";
import { elements, expectError } from "../support/client.ts";
import {
  allowing,
  type IamAccount,
  keysIn,
  newName,
  type Parameters,
  queried,
  query,
} from "../support/query-api.ts";
import { newHome, newUserOf, policyText as policy, statusOf, type User } from "../support/users.ts";

let account: IamAccount;
let bucket: string;
beforeAll(async () => {
  ({ account, bucket } = await newHome());
});

const newUser = (document?: string) => newUserOf(account, document);

describe("a user that may do nothing with IAM", () => {
  let user: User;
  let everything: Parameters;
  beforeAll(async () => {
    user = await newUser(allowing("s3:*"));
    const own = { UserName: user.name, PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" };
    const role = `arn:aws:iam::${account.id}:role/role`;
    // Whatever an action takes, it finds here.
    everything = {
      ...own,
      ...{ GroupName: "group", RoleName: "role", PolicyName: "more", VersionId: "v1" },
      ...{ PolicyDocument: allowing("*"), PermissionsBoundary: own.PolicyArn },
      AssumeRolePolicyDocument: policy({
        Effect: "Allow",
        Principal: { AWS: user.arn },
        Action: "sts:AssumeRole",
      }),
      ...{
        AccessKeyId: user.keys.accessKeyId,
        Status: "Active",
        AccountAlias: newName("alias").toLowerCase(),
      },
      ...{ PolicySourceArn: user.arn, "ActionNames.member.1": "s3:GetObject" },
      "PolicyInputList.member.1": allowing("*"),
      OpenIDConnectProviderArn: `arn:aws:iam::${account.id}:oidc-provider/token.example.com`,
      ...{ Url: "https://token.example.com", ClientID: "client", Description: "more" },
      ...{ "ClientIDList.member.1": "client", "ThumbprintList.member.1": "a".repeat(40) },
      ...{ "Tags.member.1.Key": "team", "Tags.member.1.Value": "red", "TagKeys.member.1": "team" },
      ...{
        NewUserName: newName("other"),
        NewGroupName: newName("other"),
        SerialNumber: "123456789",
        EncodedMessage: "x",
      },
      ...{ RoleArn: role, RoleSessionName: "session", Name: "federated", DurationSeconds: "900" },
    };
  });

  const withoutPermission = new Set(["GetCallerIdentity", "GetSessionToken"]);

  test.for(
    [IAM, STS].flatMap(({ service, actions }) =>
      Object.entries(actions)
        .filter(([name, { isUnsigned }]) => isUnsigned !== true && !withoutPermission.has(name))
        .map(([name]) => [service as "iam" | "sts", name] as const),
    ),
  )("is refused %s:%s", async ([service, name]) => {
    const response = await query(name, everything, { keys: user.keys, service });
    const document = await response.text();
    expect([response.status, elements(document, "Code")], document).toEqual([
      403,
      ["AccessDenied"],
    ]);
    expect(document).not.toContain("Secret");
  });

  test("has the same afterwards", async () => {
    const attached = await account.ask("ListAttachedUserPolicies", { UserName: user.name });
    expect(elements(attached, "PolicyArn")).toEqual([]);
    const inline = await account.ask("ListUserPolicies", { UserName: user.name });
    expect(inline).toContain("<PolicyNames><member>own</member></PolicyNames>");
  });

  test("reads neither accounts nor the audit log", async () => {
    for (const path of ["/_ledge/accounts", "/_ledge/audit"])
      await expectError(await fetchAs(user.keys, "GET", path), 403, "AccessDenied");
  });
});

describe("a user that manages itself, or others within a boundary", () => {
  test("makes keys for itself alone, and no policies", async () => {
    const own = `arn:aws:iam::${account.id}:user/\${aws:username}`;
    const { name, keys } = await newUser(
      policy({ Effect: "Allow", Action: "iam:*AccessKey*", Resource: own }),
    );
    const other = await newUser();
    const status = async (action: string, parameters: Parameters) =>
      (await query(action, parameters, { keys })).status;
    expect(await status("ListAccessKeys", {})).toBe(200);
    expect(await status("CreateAccessKey", { UserName: name.toUpperCase() })).toBe(200);
    expect(await status("CreateAccessKey", { UserName: other.name })).toBe(403);
    expect(
      await status("PutUserPolicy", {
        UserName: name,
        PolicyName: "p",
        PolicyDocument: allowing("*"),
      }),
    ).toBe(403);
    const admin = { UserName: name, PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" };
    expect(await status("AttachUserPolicy", admin)).toBe(403);
  });

  test("makes nobody stronger than a boundary that it has to give", async () => {
    const boundary = newName("boundary");
    const PolicyArn = `arn:aws:iam::${account.id}:policy/${boundary}`;
    await account.ask("CreatePolicy", {
      PolicyName: boundary,
      PolicyDocument: allowing("s3:Get*"),
    });
    const manager = await newUser(
      policy(
        {
          Effect: "Allow",
          Action: [
            "iam:CreateUser",
            "iam:PutUserPolicy",
            "iam:AttachUserPolicy",
            "iam:CreateAccessKey",
            "iam:PutUserPermissionsBoundary",
            "iam:DeleteUserPermissionsBoundary",
          ],
          Resource: "*",
          Condition: { StringEqualsIfExists: { "iam:PermissionsBoundary": PolicyArn } },
        },
        {
          Effect: "Deny",
          Action: [
            "iam:CreateUser",
            "iam:PutUserPolicy",
            "iam:AttachUserPolicy",
            "iam:DeleteUserPermissionsBoundary",
          ],
          Resource: "*",
          Condition: { Null: { "iam:PermissionsBoundary": "true" } },
        },
        { Effect: "Deny", Action: "iam:DeleteUserPermissionsBoundary", Resource: "*" },
      ),
    );
    const { keys } = manager;
    const status = async (action: string, parameters: Parameters) =>
      (await query(action, parameters, { keys })).status;
    const UserName = newName("made");
    expect(await status("CreateUser", { UserName })).toBe(403);
    expect(
      await status("CreateUser", {
        UserName,
        PermissionsBoundary: "arn:aws:iam::aws:policy/AdministratorAccess",
      }),
    ).toBe(403);
    expect(await status("CreateUser", { UserName, PermissionsBoundary: PolicyArn })).toBe(200);
    const all = { PolicyName: "all", PolicyDocument: allowing("*") };
    expect(await status("PutUserPolicy", { UserName, ...all })).toBe(200);
    // Itself has no boundary, and neither has anybody else.
    expect(await status("PutUserPolicy", { UserName: manager.name, ...all })).toBe(403);
    expect(await status("AttachUserPolicy", { UserName: manager.name, PolicyArn })).toBe(403);
    expect(await status("DeleteUserPermissionsBoundary", { UserName })).toBe(403);
    expect(
      await status("PutUserPermissionsBoundary", {
        UserName,
        PermissionsBoundary: "arn:aws:iam::aws:policy/AdministratorAccess",
      }),
    ).toBe(403);
    const made = keysIn(await queried("CreateAccessKey", { UserName }, { keys }));
    expect(await statusOf(made, "GET", `/${bucket}/home/bob/b`)).toBe(200);
    expect(await statusOf(made, "PUT", `/${bucket}/home/bob/b`, "y")).toBe(403);
    expect((await query("CreateUser", { UserName: newName("more") }, { keys: made })).status).toBe(
      403,
    );
  });
});
