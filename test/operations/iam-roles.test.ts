import { beforeAll, describe, expect, test } from "vitest";
import { elements } from "../support/client.ts";
import { allowing, type IamAccount, newIamAccount } from "../support/query-api.ts";

let account: IamAccount;
beforeAll(async () => {
  account = await newIamAccount();
});

function trusting(principal: unknown): string {
  const statement = { Effect: "Allow", Action: "sts:AssumeRole", Principal: principal };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

describe("a role", () => {
  test("is made, shown, changed, listed, and deleted", async () => {
    const { id, ask, refused } = account;
    const trust = trusting({ Service: "ec2.amazonaws.com" });
    const role = { RoleName: "Role" };
    const made = await ask("CreateRole", {
      ...role,
      Path: "/team/",
      AssumeRolePolicyDocument: trust,
      Description: "described",
      MaxSessionDuration: "7200",
      "Tags.member.1.Key": "k",
      "Tags.member.1.Value": "v",
    });
    expect(elements(made, "Arn")).toEqual([`arn:aws:iam::${id}:role/team/Role`]);
    expect(elements(made, "RoleId")[0]).toMatch(/^AROA[A-Z2-7]{17}$/);
    expect(decodeURIComponent(elements(made, "AssumeRolePolicyDocument")[0] ?? "")).toBe(trust);
    expect(elements(made, "Key")).toEqual(["k"]);
    // As AWS answers, less than GetRole.
    expect(made).not.toMatch(/<Description>|<MaxSessionDuration>/);

    const shown = await ask("GetRole", role);
    expect(elements(shown, "Description")).toEqual(["described"]);
    expect(elements(shown, "MaxSessionDuration")).toEqual(["7200"]);
    expect(shown).toContain("<RoleLastUsed></RoleLastUsed>");
    const listed = await ask("ListRoles", { PathPrefix: "/team/" });
    expect(elements(listed, "RoleName")).toEqual(["Role"]);
    expect(listed).not.toMatch(/<Tags>|<RoleLastUsed>/);

    expect(await ask("UpdateRole", { ...role, MaxSessionDuration: "3600" })).toContain(
      "<UpdateRoleResult></UpdateRoleResult>",
    );
    const changed = await ask("UpdateRoleDescription", { ...role, Description: "" });
    expect(elements(changed, "Description")).toEqual([""]);
    expect(elements(changed, "MaxSessionDuration")).toEqual(["3600"]);
    const next = trusting({ AWS: id });
    await ask("UpdateAssumeRolePolicy", { ...role, PolicyDocument: next });
    const now = elements(await ask("GetRole", role), "AssumeRolePolicyDocument")[0] ?? "";
    expect(decodeURIComponent(now)).toBe(next);

    const again = { RoleName: "role", AssumeRolePolicyDocument: trust };
    await refused("CreateRole", again, 409, "EntityAlreadyExists");
    await ask("DeleteRole", role);
    for (const action of ["GetRole", "DeleteRole", "UpdateRole", "ListInstanceProfilesForRole"])
      expect(await refused(action, role, 404, "NoSuchEntity")).toBe(
        "The role with name Role cannot be found.",
      );
  });

  test.for([
    ["{", 400, "MalformedPolicyDocument"],
    [allowing("sts:AssumeRole"), 400, "MalformedPolicyDocument"],
    [trusting({ AWS: "x" }), 400, "MalformedPolicyDocument"],
    [trusting({ Service: `${"x".repeat(2048)}.amazonaws.com` }), 409, "LimitExceeded"],
  ] as const)("is not trusted to whom %s names", async ([document, status, code]) => {
    const role = { RoleName: "bad", AssumeRolePolicyDocument: document };
    expect(await account.refused("CreateRole", role, status, code)).not.toBe("");
  });

  test("trusts users that there are, and no others", async () => {
    const { id, ask, refused } = account;
    const trusted = (arn: string) => ({
      RoleName: "trusting",
      AssumeRolePolicyDocument: trusting({ AWS: arn }),
    });
    const nobody = `arn:aws:iam::${id}:user/nobody`;
    expect(await refused("CreateRole", trusted(nobody), 400, "MalformedPolicyDocument")).toBe(
      `Invalid principal in policy: "AWS":"${nobody}"`,
    );
    await ask("CreateUser", { UserName: "somebody", Path: "/p/" });
    const path = `arn:aws:iam::${id}:user/somebody`;
    await refused("CreateRole", trusted(path), 400, "MalformedPolicyDocument");
    await ask("CreateRole", trusted(`arn:aws:iam::${id}:user/p/somebody`));
    await ask("DeleteRole", { RoleName: "trusting" });
    // Of an account that nobody knows here, nobody can tell.
    await ask("CreateRole", trusted("arn:aws:iam::999999999999:user/somebody"));
    await ask("DeleteRole", { RoleName: "trusting" });
    await ask("DeleteUser", { UserName: "somebody" });
  });

  test.for([
    [{ MaxSessionDuration: "3599" }, "greater than or equal to 3600"],
    [{ MaxSessionDuration: "43201" }, "less than or equal to 43200"],
    [{ RoleName: "x".repeat(65) }, "less than or equal to 64"],
  ])("is not made of %j", async ([parameters, told]) => {
    const role = {
      RoleName: "r",
      AssumeRolePolicyDocument: trusting("*"),
      ...(parameters as object),
    };
    expect(await account.refused("CreateRole", role, 400, "ValidationError")).toContain(told);
  });
});

test.for([
  ["User", {}],
  ["Role", { AssumeRolePolicyDocument: trusting("*") }],
] as const)("a permissions boundary of a %s is a policy that there is", async ([noun, more]) => {
  const { id, ask, refused } = account;
  const name = { [`${noun}Name`]: `bounded-${noun}` };
  const missing = `arn:aws:iam::${id}:policy/missing`;
  const message = `Scope ARN: ${missing} does not exist or is not attachable.`;
  const wrong = { ...name, ...more, PermissionsBoundary: missing };
  expect(await refused(`Create${noun}`, wrong, 404, "NoSuchEntity")).toBe(message);
  const arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
  await ask(`Create${noun}`, { ...name, ...more, PermissionsBoundary: arn });
  const boundary = async () => elements(await ask(`Get${noun}`, name), "PermissionsBoundaryArn");
  expect(await boundary()).toEqual([arn]);
  const put = `Put${noun}PermissionsBoundary`;
  expect(await refused(put, { ...name, PermissionsBoundary: missing }, 404, "NoSuchEntity")).toBe(
    message,
  );
  const unknown = { ...name, PermissionsBoundary: "arn:aws:iam::aws:policy/Nothing" };
  await refused(put, unknown, 404, "NoSuchEntity");
  const other = "arn:aws:iam::aws:policy/PowerUserAccess";
  await ask(put, { ...name, PermissionsBoundary: other });
  expect(await boundary()).toEqual([other]);
  await ask(`Delete${noun}PermissionsBoundary`, name);
  expect(await boundary()).toEqual([]);
  await ask(`Delete${noun}`, name);
});

describe("tags", () => {
  const url = "https://issuer.example.com/path";
  const provider = () => `arn:aws:iam::${account.id}:oidc-provider/issuer.example.com/path`;
  beforeAll(async () => {
    const { ask } = account;
    await ask("CreateUser", { UserName: "tagged" });
    await ask("CreateRole", { RoleName: "tagged", AssumeRolePolicyDocument: trusting("*") });
    await ask("CreatePolicy", { PolicyName: "tagged", PolicyDocument: allowing("s3:*") });
    await ask("CreateOpenIDConnectProvider", { Url: url });
  });

  test.for([
    ["User", () => ({ UserName: "tagged" })],
    ["Role", () => ({ RoleName: "tagged" })],
    ["Policy", () => ({ PolicyArn: `arn:aws:iam::${account.id}:policy/tagged` })],
    ["OpenIDConnectProvider", () => ({ OpenIDConnectProviderArn: provider() })],
  ] as const)(
    "of a %s are put, listed, and taken away, by keys without case",
    async ([noun, named]) => {
      const { ask, refused } = account;
      const tags = (...pairs: readonly (readonly [string, string])[]) =>
        Object.assign(
          {},
          named(),
          ...pairs.map(([key, value], i) => ({
            [`Tags.member.${i + 1}.Key`]: key,
            [`Tags.member.${i + 1}.Value`]: value,
          })),
        ) as Record<string, string>;
      const listed = async () => {
        const document = await ask(`List${noun}Tags`, named());
        const values = elements(document, "Value");
        return elements(document, "Key").map((key, i) => [key, values[i]]);
      };
      await ask(`Tag${noun}`, tags(["a", "1"], ["b", ""]));
      await ask(`Tag${noun}`, tags(["A", "2"]));
      expect(await listed()).toEqual([
        ["b", ""],
        ["A", "2"],
      ]);
      await refused(`Tag${noun}`, tags(["c", ""], ["C", ""]), 400, "InvalidInput");
      await refused(`Tag${noun}`, tags(["", "x"]), 400, "ValidationError");
      await refused(`Tag${noun}`, tags(["aws:\u0001", "x"]), 400, "ValidationError");
      const many = Array.from({ length: 49 }, (_, n) => [`t${n}`, ""] as const);
      expect(await refused(`Tag${noun}`, tags(...many), 409, "LimitExceeded")).toContain("50");
      await ask(`Untag${noun}`, {
        ...named(),
        "TagKeys.member.1": "a",
        "TagKeys.member.2": "none",
      });
      expect(await listed()).toEqual([["b", ""]]);
    },
  );
});

test("an OIDC provider is made, shown, changed, and deleted", async () => {
  const { id, ask, refused } = account;
  const arn = { OpenIDConnectProviderArn: `arn:aws:iam::${id}:oidc-provider/token.example.com` };
  const thumbprint = "a".repeat(40);
  const create = {
    Url: "https://token.example.com",
    "ClientIDList.member.1": "first",
    "ThumbprintList.member.1": thumbprint,
  };
  expect(
    elements(await ask("CreateOpenIDConnectProvider", create), "OpenIDConnectProviderArn"),
  ).toEqual([arn.OpenIDConnectProviderArn]);
  await refused("CreateOpenIDConnectProvider", create, 409, "EntityAlreadyExists");
  for (const url of [
    ...[
      "http://token.example.com",
      "https://",
      "https://u@x.example.com",
      "https://x.example.com/?a",
      "x",
    ],
    ...["https://x.example.com/#f", "ftp://x.example.com"],
  ])
    await refused("CreateOpenIDConnectProvider", { Url: url }, 400, "InvalidInput");
  await refused(
    "CreateOpenIDConnectProvider",
    { Url: "https://y.example.com", "ThumbprintList.member.1": "short" },
    400,
    "ValidationError",
  );

  for (let n = 0; n < 2; n += 1)
    await ask("AddClientIDToOpenIDConnectProvider", { ...arn, ClientID: "second" });
  await ask("RemoveClientIDFromOpenIDConnectProvider", { ...arn, ClientID: "first" });
  const other = "b".repeat(40);
  const thumbprints = { ...arn, "ThumbprintList.member.1": other };
  await ask("UpdateOpenIDConnectProviderThumbprint", thumbprints);
  const shown = await ask("GetOpenIDConnectProvider", arn);
  expect(elements(shown, "Url")).toEqual(["token.example.com"]);
  expect(elements(shown, "member")).toEqual(["second", other]);
  expect(elements(await ask("ListOpenIDConnectProviders"), "Arn")).toContain(
    arn.OpenIDConnectProviderArn,
  );
  const stranger = await newIamAccount();
  await stranger.refused("GetOpenIDConnectProvider", arn, 404, "NoSuchEntity");
  await stranger.ask("DeleteOpenIDConnectProvider", arn);
  for (let n = 0; n < 2; n += 1) await ask("DeleteOpenIDConnectProvider", arn);
  await refused("GetOpenIDConnectProvider", arn, 404, "NoSuchEntity");
});

test("the summary counts what the account has", async () => {
  const { ask } = await newIamAccount();
  await ask("CreateUser", { UserName: "u" });
  await ask("CreateGroup", { GroupName: "g" });
  const document = await ask("GetAccountSummary");
  const values = elements(document, "value");
  const summary = Object.fromEntries(elements(document, "key").map((key, i) => [key, values[i]]));
  expect(summary).toMatchObject({
    Users: "1",
    Groups: "1",
    Roles: "0",
    Policies: "0",
    AccountAccessKeysPresent: "1",
    AccessKeysPerUserQuota: "2",
  });
});

test("all that an account has is told in pages, or by kinds", async () => {
  const { id, ask } = await newIamAccount();
  const arn = `arn:aws:iam::${id}:policy/managed`;
  const ofAws = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
  const inline = { PolicyName: "inline", PolicyDocument: allowing("s3:GetObject") };
  const trust = { AssumeRolePolicyDocument: trusting("*") };
  await ask("CreatePolicy", { PolicyName: "managed", PolicyDocument: allowing("s3:*") });
  for (const name of ["User", "second"])
    await ask("CreateUser", { UserName: name, PermissionsBoundary: arn });
  await ask("CreateGroup", { GroupName: "group" });
  await ask("AddUserToGroup", { UserName: "user", GroupName: "group" });
  await ask("CreateRole", { RoleName: "role", ...trust });
  await ask("PutUserPolicy", { UserName: "user", ...inline });
  await ask("AttachRolePolicy", { RoleName: "role", PolicyArn: arn });
  await ask("AttachGroupPolicy", { GroupName: "group", PolicyArn: ofAws });

  const action = "GetAccountAuthorizationDetails";
  const whole = await ask(action);
  expect(elements(whole, "UserName")).toEqual(["second", "User"]);
  expect(whole).toContain("<GroupList><member>group</member></GroupList>");
  expect(elements(whole, "GroupName")).toEqual(["group"]);
  expect(elements(whole, "RoleName")).toEqual(["role"]);
  expect(elements(whole, "Arn").filter((each) => each.includes(":policy/"))).toEqual([ofAws, arn]);
  expect(elements(whole, "PolicyDocument").map(decodeURIComponent)).toEqual([
    inline.PolicyDocument,
  ]);
  expect(elements(whole, "VersionId")).toHaveLength(2);

  const paged: string[] = [];
  for (let marker: string | undefined = ""; marker !== undefined;) {
    const page = await ask(action, { MaxItems: "1", ...(marker !== "" && { Marker: marker }) });
    paged.push(...elements(page, "Arn"));
    [marker] = elements(page, "Marker");
  }
  expect(paged.toSorted()).toEqual(elements(whole, "Arn").toSorted());
  const roles = await ask(action, { "Filter.member.1": "Role" });
  expect(elements(roles, "Arn")).toEqual([`arn:aws:iam::${id}:role/role`]);
});
