import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { elements } from "../support/client.ts";
import { type IamAccount, newIamAccount, queried } from "../support/query-api.ts";

let account: IamAccount;
beforeAll(async () => {
  account = await newIamAccount();
});

/** What users and groups have alike. */
describe.for([
  { noun: "User", list: "ListUsers", prefix: "AIDA", kind: "user" },
  { noun: "Group", list: "ListGroups", prefix: "AGPA", kind: "group" },
])("$noun", ({ noun, list, prefix, kind }) => {
  const parameter = `${noun}Name`;

  test("is made, shown, renamed, moved, and deleted", async () => {
    const { id, ask, refused } = account;
    const made = await ask(`Create${noun}`, { [parameter]: "First", Path: "/team/" });
    expect(elements(made, "Arn")).toEqual([`arn:aws:iam::${id}:${kind}/team/First`]);
    const [uniqueId = ""] = elements(made, `${noun}Id`);
    expect(uniqueId).toMatch(new RegExp(`^${prefix}[A-Z2-7]{17}$`));
    expect(elements(made, "CreateDate")[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

    // Found whatever the case, and shown as it was made.
    const shown = await ask(`Get${noun}`, { [parameter]: "FIRST" });
    expect(elements(shown, parameter)).toEqual(["First"]);
    const again = await refused(
      `Create${noun}`,
      { [parameter]: "first" },
      409,
      "EntityAlreadyExists",
    );
    expect(again).toBe(`${noun} with name first already exists.`);

    await ask(`Create${noun}`, { [parameter]: "other" });
    await refused(
      `Update${noun}`,
      { [parameter]: "first", [`New${parameter}`]: "Other" },
      409,
      "EntityAlreadyExists",
    );
    expect(
      await ask(`Update${noun}`, {
        [parameter]: "first",
        [`New${parameter}`]: "FIRST",
        NewPath: "/",
      }),
    ).not.toContain("Result>");
    const renamed = await ask(`Get${noun}`, { [parameter]: "first" });
    expect(elements(renamed, "Arn")).toEqual([`arn:aws:iam::${id}:${kind}/FIRST`]);
    expect(elements(renamed, `${noun}Id`)).toEqual([uniqueId]);

    await ask(`Delete${noun}`, { [parameter]: "first" });
    const gone = await refused(`Get${noun}`, { [parameter]: "first" }, 404, "NoSuchEntity");
    expect(gone).toBe(`The ${kind} with name first cannot be found.`);
    // Who has the name now is another.
    const successor = await ask(`Create${noun}`, { [parameter]: "first" });
    expect(elements(successor, `${noun}Id`)).not.toEqual([uniqueId]);
    for (const name of ["first", "other"]) await ask(`Delete${noun}`, { [parameter]: name });
  });

  test("is listed in pages, by name without regard to case, below a path", async () => {
    const { ask, refused } = account;
    for (const [name, path] of [
      ["b", "/x/"],
      ["C", "/x/y/"],
      ["a", "/xy/"],
    ] as const)
      await ask(`Create${noun}`, { [parameter]: name, Path: path });
    const first = await ask(list, { MaxItems: "2" });
    expect(elements(first, parameter)).toEqual(["a", "b"]);
    expect(elements(first, "IsTruncated")).toEqual(["true"]);
    const [marker = ""] = elements(first, "Marker");
    const second = await ask(list, { MaxItems: "2", Marker: marker });
    expect(elements(second, parameter)).toEqual(["C"]);
    expect(elements(second, "IsTruncated")).toEqual(["false"]);
    expect(elements(await ask(list, { PathPrefix: "/x/" }), parameter)).toEqual(["b", "C"]);
    expect(elements(await ask(list, { PathPrefix: "/x" }), parameter)).toEqual(["a", "b", "C"]);
    expect(elements(await ask(list, { PathPrefix: "/z/" }), parameter)).toEqual([]);
    await refused(list, { Marker: "?" }, 400, "ValidationError");
    await refused(list, { MaxItems: "0" }, 400, "ValidationError");
    for (const name of ["a", "b", "c"]) await ask(`Delete${noun}`, { [parameter]: name });
  });

  test.for([
    [{}, "Value null at"],
    [{ [parameter]: "" }, "Member must have length greater than or equal to 1"],
    [{ [parameter]: "a b" }, "Member must satisfy regular expression pattern: [\\w+=,.@-]+"],
    [{ [parameter]: "x".repeat(129) }, "Member must have length less than or equal to"],
    [{ [parameter]: "a", Path: "team" }, "at 'path' failed"],
    [{ [parameter]: "a", Path: `/${"x".repeat(512)}/` }, "at 'path' failed"],
  ] as const)("is not made of %j", async ([parameters, told]) => {
    const sent = parameters as Readonly<Record<string, string>>;
    expect(await account.refused(`Create${noun}`, sent, 400, "ValidationError")).toContain(told);
  });
});

test("an account's users are its own", async () => {
  const other = await newIamAccount();
  await account.ask("CreateUser", { UserName: "own" });
  await other.refused("GetUser", { UserName: "own" }, 404, "NoSuchEntity");
  await other.refused("DeleteUser", { UserName: "own" }, 404, "NoSuchEntity");
  expect(elements(await other.ask("ListUsers"), "UserName")).toEqual([]);
  await account.ask("DeleteUser", { UserName: "own" });
});

test("GetUser without a name is the caller", async () => {
  const document = await queried("GetUser");
  expect(elements(document, "Arn")).toEqual([`arn:aws:iam::${env.ACCOUNT_ID}:root`]);
  expect(elements(document, "UserName")).toEqual([]);
});

test("a group has users, who keep it from being deleted, and it them", async () => {
  const { ask, refused } = account;
  await ask("CreateGroup", { GroupName: "Group" });
  for (const name of ["u2", "U1"]) await ask("CreateUser", { UserName: name });
  const member = { GroupName: "group", UserName: "u1" };
  for (let n = 0; n < 2; n += 1) await ask("AddUserToGroup", member);
  await ask("AddUserToGroup", { GroupName: "group", UserName: "u2" });

  const shown = await ask("GetGroup", { GroupName: "group", MaxItems: "1" });
  expect(elements(shown, "UserName")).toEqual(["U1"]);
  expect(elements(shown, "IsTruncated")).toEqual(["true"]);
  expect(elements(await ask("ListGroupsForUser", { UserName: "u1" }), "GroupName")).toEqual([
    "Group",
  ]);

  const message = "Cannot delete entity, must remove users from group first.";
  expect(await refused("DeleteGroup", { GroupName: "group" }, 409, "DeleteConflict")).toBe(message);
  expect(await refused("DeleteUser", { UserName: "u1" }, 409, "DeleteConflict")).toBe(message);
  await refused("AddUserToGroup", { ...member, UserName: "nobody" }, 404, "NoSuchEntity");
  await refused("AddUserToGroup", { ...member, GroupName: "none" }, 404, "NoSuchEntity");

  for (const name of ["u1", "u2"])
    await ask("RemoveUserFromGroup", { GroupName: "group", UserName: name });
  expect(elements(await ask("GetGroup", { GroupName: "group" }), "UserName")).toEqual([]);
  for (const name of ["u1", "u2"]) await ask("DeleteUser", { UserName: name });
  await ask("DeleteGroup", { GroupName: "group" });
});

test("a user is in ten groups at most", async () => {
  const { ask, refused } = account;
  await ask("CreateUser", { UserName: "many" });
  for (let n = 0; n <= 10; n += 1) await ask("CreateGroup", { GroupName: `g${n}` });
  const add = (n: number) => ({ GroupName: `g${n}`, UserName: "many" });
  for (let n = 0; n < 10; n += 1) await ask("AddUserToGroup", add(n));
  const message = await refused("AddUserToGroup", add(10), 409, "LimitExceeded");
  expect(message).toBe("Cannot exceed quota for GroupsPerUser: 10");
});

test("what Ledge has none of is listed as none, of users and roles that there are", async () => {
  const { ask, refused } = account;
  await ask("CreateUser", { UserName: "plain" });
  for (const [action, list] of [
    ["ListMFADevices", "MFADevices"],
    ["ListSSHPublicKeys", "SSHPublicKeys"],
    ["ListServiceSpecificCredentials", "ServiceSpecificCredentials"],
    ["ListSigningCertificates", "Certificates"],
  ] as const) {
    expect(await ask(action, { UserName: "plain" })).toContain(`<${list}></${list}>`);
    await refused(action, { UserName: "nobody" }, 404, "NoSuchEntity");
  }
  for (const [action, list] of [
    ["ListInstanceProfiles", "InstanceProfiles"],
    ["ListSAMLProviders", "SAMLProviderList"],
    ["ListServerCertificates", "ServerCertificateMetadataList"],
    ["ListVirtualMFADevices", "VirtualMFADevices"],
  ] as const)
    expect(await ask(action)).toContain(`<${list}></${list}>`);
  for (const action of ["GetLoginProfile", "DeleteLoginProfile"])
    await refused(action, { UserName: "plain" }, 404, "NoSuchEntity");
  await refused("GetAccountPasswordPolicy", {}, 404, "NoSuchEntity");
  await ask("DeleteUser", { UserName: "plain" });
});

test("an account has one alias, that no other has", async () => {
  const { ask, refused } = account;
  const alias = `a-${crypto.randomUUID().slice(0, 8)}`;
  await ask("CreateAccountAlias", { AccountAlias: "before-1" });
  await ask("CreateAccountAlias", { AccountAlias: alias });
  expect(elements(await ask("ListAccountAliases"), "member")).toEqual([alias]);
  const other = await newIamAccount();
  await other.refused("CreateAccountAlias", { AccountAlias: alias }, 409, "EntityAlreadyExists");
  await refused("DeleteAccountAlias", { AccountAlias: "before-1" }, 404, "NoSuchEntity");
  await refused("CreateAccountAlias", { AccountAlias: "a--b" }, 400, "ValidationError");
  await ask("DeleteAccountAlias", { AccountAlias: alias });
  expect(elements(await ask("ListAccountAliases"), "member")).toEqual([]);
});
