import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { fetchAs } from "../support/accounts.ts";
import { elements, expectError } from "../support/client.ts";
import {
  allowing,
  expectQueryError,
  type IamAccount,
  keysIn,
  newIamAccount,
  newName,
  queried,
  query,
} from "../support/query-api.ts";

let account: IamAccount;
beforeAll(async () => {
  account = await newIamAccount();
});

async function newUser() {
  const name = newName("user");
  await account.ask("CreateUser", { UserName: name });
  const keys = keysIn(await account.ask("CreateAccessKey", { UserName: name }));
  return { name, keys };
}

describe("an access key", () => {
  test("is made, listed, switched off and on, and deleted, each of which counts at once", async () => {
    const { ask, refused } = account;
    const { name, keys } = await newUser();
    expect(keys.accessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/);
    expect(keys.secretAccessKey).toMatch(/^[A-Za-z0-9+/]{40}$/);
    const user = { UserName: name };
    const key = { ...user, AccessKeyId: keys.accessKeyId };
    const listed = await ask("ListAccessKeys", user);
    expect(elements(listed, "AccessKeyId")).toEqual([keys.accessKeyId]);
    expect(listed).not.toContain("SecretAccessKey");

    const identity = () => query("GetCallerIdentity", {}, { keys, service: "sts" });
    const [arn] = elements(await (await identity()).text(), "Arn");
    expect(arn).toBe(`arn:aws:iam::${account.id}:user/${name}`);
    await ask("UpdateAccessKey", { ...key, Status: "Inactive" });
    await expectQueryError(await identity(), 403, "InvalidClientTokenId");
    await expectError(await fetchAs(keys, "GET", "/"), 403, "InvalidAccessKeyId");
    expect(elements(await ask("ListAccessKeys", user), "Status")).toEqual(["Inactive"]);
    await ask("UpdateAccessKey", { ...key, Status: "Active" });
    expect((await identity()).status).toBe(200);

    const inUse = await refused("DeleteUser", user, 409, "DeleteConflict");
    expect(inUse).toBe("Cannot delete entity, must delete access keys first.");
    await ask("DeleteAccessKey", key);
    await expectQueryError(await identity(), 403, "InvalidClientTokenId");
    expect(await refused("DeleteAccessKey", key, 404, "NoSuchEntity")).toBe(
      `The Access Key with id ${keys.accessKeyId} cannot be found.`,
    );
    await ask("DeleteUser", user);
  });

  test("is one of two at most", async () => {
    const { name } = await newUser();
    await account.ask("CreateAccessKey", { UserName: name });
    const third = { UserName: name };
    const message = await account.refused("CreateAccessKey", third, 409, "LimitExceeded");
    expect(message).toBe("Cannot exceed quota for AccessKeysPerUser: 2");
  });

  test("without a user's name is the caller's, root's too", async () => {
    const { ask, keys: rootKeys } = account;
    const second = keysIn(await ask("CreateAccessKey"));
    const asRoot = await queried("GetCallerIdentity", {}, { keys: second, service: "sts" });
    expect(elements(asRoot, "Arn")).toEqual([`arn:aws:iam::${account.id}:root`]);
    const listed = await ask("ListAccessKeys");
    expect(elements(listed, "AccessKeyId").toSorted()).toEqual(
      [rootKeys.accessKeyId, second.accessKeyId].toSorted(),
    );
    expect(listed).not.toContain("<UserName>");
    await ask("DeleteAccessKey", { AccessKeyId: second.accessKeyId });

    const { name, keys } = await newUser();
    await ask("PutUserPolicy", {
      UserName: name,
      PolicyName: "keys",
      PolicyDocument: allowing("iam:*AccessKey*"),
    });
    const own = await queried("ListAccessKeys", {}, { keys });
    expect(elements(own, "AccessKeyId")).toEqual([keys.accessKeyId]);
    expect(elements(own, "UserName")).toEqual([name]);
  });

  test("is nobody's in another account, and tells nothing there", async () => {
    const { name, keys } = await newUser();
    const other = await newIamAccount();
    await other.ask("CreateUser", { UserName: name });
    const key = { UserName: name, AccessKeyId: keys.accessKeyId };
    for (const [action, more] of [
      ["DeleteAccessKey", {}],
      ["UpdateAccessKey", { Status: "Inactive" }],
      ["GetAccessKeyLastUsed", {}],
    ] as const)
      expect(await other.refused(action, { ...key, ...more }, 404, "NoSuchEntity")).toBe(
        `The Access Key with id ${keys.accessKeyId} cannot be found.`,
      );
  });

  test("says when and where it was used, to the hour", async () => {
    const { name, keys } = await newUser();
    const use = async () => {
      const document = await account.ask("GetAccessKeyLastUsed", { AccessKeyId: keys.accessKeyId });
      expect(elements(document, "UserName")).toEqual([name]);
      return ["ServiceName", "Region", "LastUsedDate"].map((each) => elements(document, each)[0]);
    };
    expect(await use()).toEqual(["N/A", "N/A", undefined]);
    // What is not signed by it does not count.
    const forged = { ...keys, secretAccessKey: `${keys.secretAccessKey}x` };
    await expectError(await fetchAs(forged, "GET", "/"), 403, "SignatureDoesNotMatch");
    expect(await use()).toEqual(["N/A", "N/A", undefined]);
    const beforeMs = Math.floor(Date.now() / 1000) * 1000;
    await fetchAs(keys, "GET", "/");
    const [service, region, date = ""] = await use();
    expect([service, region]).toEqual(["s3", "us-east-1"]);
    expect(Date.parse(date)).toBeGreaterThanOrEqual(beforeMs);
    await query("GetCallerIdentity", {}, { keys, service: "sts", region: "eu-west-1" });
    expect(await use()).toEqual([service, region, date]);
  });
});

describe("what a user may do", () => {
  /** S3's answer to a request for a bucket's list, as a number. */
  async function statusOf(keys: IamAccount["keys"]): Promise<number> {
    return (await fetchAs(keys, "GET", "/")).status;
  }

  const LIST = allowing("s3:ListAllMyBuckets");

  test("follows every change of its policies, groups, versions, and boundary at once", async () => {
    const { id, ask } = account;
    const { name, keys } = await newUser();
    const user = { UserName: name };
    const policyName = newName("policy");
    const arn = `arn:aws:iam::${id}:policy/${policyName}`;
    const group = { GroupName: newName("group") };
    const other = allowing("s3:GetObject");
    expect(await statusOf(keys)).toBe(403);
    const steps: readonly (readonly [string, Readonly<Record<string, string>>, number])[] = [
      ["PutUserPolicy", { ...user, PolicyName: "p", PolicyDocument: LIST }, 200],
      ["DeleteUserPolicy", { ...user, PolicyName: "p" }, 403],
      ["CreatePolicy", { PolicyName: policyName, PolicyDocument: LIST }, 403],
      ["AttachUserPolicy", { ...user, PolicyArn: arn }, 200],
      ["CreatePolicyVersion", { PolicyArn: arn, PolicyDocument: other, SetAsDefault: "true" }, 403],
      ["SetDefaultPolicyVersion", { PolicyArn: arn, VersionId: "v1" }, 200],
      ["DetachUserPolicy", { ...user, PolicyArn: arn }, 403],
      ["CreateGroup", group, 403],
      ["AttachGroupPolicy", { ...group, PolicyArn: arn }, 403],
      ["AddUserToGroup", { ...group, ...user }, 200],
      ["SetDefaultPolicyVersion", { PolicyArn: arn, VersionId: "v2" }, 403],
      ["PutGroupPolicy", { ...group, PolicyName: "p", PolicyDocument: LIST }, 200],
      ["PutUserPermissionsBoundary", { ...user, PermissionsBoundary: arn }, 403],
      ["SetDefaultPolicyVersion", { PolicyArn: arn, VersionId: "v1" }, 200],
      ["DeleteUserPermissionsBoundary", user, 200],
      ["RemoveUserFromGroup", { ...group, ...user }, 403],
      [
        "AttachUserPolicy",
        { ...user, PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" },
        200,
      ],
    ];
    for (const [action, parameters, status] of steps) {
      await ask(action, parameters);
      expect([action, await statusOf(keys)]).toEqual([action, status]);
    }
  });

  test("follows a change that concerns more users than are forgotten by name", async () => {
    const { id, ask } = account;
    const group = { GroupName: newName("crowd") };
    await ask("CreateGroup", group);
    const crowd = await Promise.all(
      Array.from({ length: 51 }, async () => {
        const user = await newUser();
        await ask("AddUserToGroup", { ...group, UserName: user.name });
        return user;
      }),
    );
    const some = [crowd[0], crowd[25], crowd[50]].flatMap((user) => user ?? []);
    for (const { keys } of some) expect(await statusOf(keys)).toBe(403);
    await ask("PutGroupPolicy", { ...group, PolicyName: "p", PolicyDocument: LIST });
    for (const { keys } of some) expect(await statusOf(keys)).toBe(200);
    const arn = `arn:aws:iam::${id}:policy/${newName("crowd")}`;
    const name = arn.slice(arn.lastIndexOf("/") + 1);
    await ask("CreatePolicy", { PolicyName: name, PolicyDocument: LIST });
    await ask("AttachGroupPolicy", { ...group, PolicyArn: arn });
    await ask("DeleteGroupPolicy", { ...group, PolicyName: "p" });
    for (const { keys } of some) expect(await statusOf(keys)).toBe(200);
    const other = allowing("s3:GetObject");
    const version = { PolicyArn: arn, PolicyDocument: other, SetAsDefault: "true" };
    await ask("CreatePolicyVersion", version);
    for (const { keys } of some) expect(await statusOf(keys)).toBe(403);
  });

  test("is asked for by IAM's own actions too, on the ARN of what they name", async () => {
    const { id, ask } = account;
    const { name, keys } = await newUser();
    const own = `arn:aws:iam::${id}:user/${name}`;
    const refused = await query("GetUser", {}, { keys });
    expect(await expectQueryError(refused, 403, "AccessDenied")).toBe(
      `User: ${own} is not authorized to perform: iam:GetUser on resource: ${own} because no identity-based policy allows the iam:GetUser action`,
    );
    const document = allowing("iam:*", own);
    await ask("PutUserPolicy", { UserName: name, PolicyName: "own", PolicyDocument: document });
    expect(elements(await queried("GetUser", {}, { keys }), "UserName")).toEqual([name]);
    const elsewhere = await newUser();
    for (const [action, parameters] of [
      ["GetUser", { UserName: elsewhere.name }],
      ["DeleteUser", { UserName: newName("nobody") }],
      ["UpdateUser", { UserName: name, NewUserName: newName("other") }],
      ["ListUsers", {}],
      ["CreateUser", { UserName: newName("made") }],
    ] as const)
      await expectQueryError(await query(action, parameters, { keys }), 403, "AccessDenied");
  });
});

test("the deployment's own account has users, who are none of /_ledge/accounts", async () => {
  const name = newName("user");
  await queried("CreateUser", { UserName: name });
  const keys = keysIn(await queried("CreateAccessKey", { UserName: name }));
  const policy = { UserName: name, PolicyName: "p", PolicyDocument: allowing("s3:*") };
  await queried("PutUserPolicy", policy);
  const bucket = `b-${crypto.randomUUID()}`;
  expect((await fetchAs(keys, "PUT", `/${bucket}`)).status).toBe(200);
  const acl = await (await fetchAs(keys, "GET", `/${bucket}?acl`)).text();
  expect(elements(acl, "DisplayName")[0]).toBe("root");
  await expectError(await fetchAs(keys, "GET", "/_ledge/accounts"), 403, "AccessDenied");
  const listed = await fetchAs(
    { accessKeyId: env.ROOT_ACCESS_KEY_ID, secretAccessKey: env.ROOT_SECRET_ACCESS_KEY },
    "GET",
    "/_ledge/accounts",
  );
  expect(await listed.text()).not.toContain(`"${env.ACCOUNT_ID}"`);
});
