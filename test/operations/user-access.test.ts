import { beforeAll, describe, expect, test } from "vitest";
import { fetchAs } from "../support/accounts.ts";
import { elements, expectError } from "../support/client.ts";
import { allowing, type IamAccount, keysIn, newIamAccount, newName } from "../support/query-api.ts";
import { newHome, newUserOf, policyText as policy, statusOf, type User } from "../support/users.ts";

let account: IamAccount;
let bucket: string;
beforeAll(async () => {
  ({ account, bucket } = await newHome());
});

const newUser = (document?: string) => newUserOf(account, document);

describe("a user and S3", () => {
  test("it may do what its policies say, in its own folder, and nothing else", async () => {
    const alice = await newUser(
      policy(
        {
          Effect: "Allow",
          Action: "s3:ListBucket",
          Resource: `arn:aws:s3:::${bucket}`,
          Condition: { StringLike: { "s3:prefix": "home/alice/*" } },
        },
        {
          Effect: "Allow",
          Action: ["s3:GetObject", "s3:PutObject"],
          Resource: `arn:aws:s3:::${bucket}/home/alice/*`,
        },
      ),
    );
    const { keys } = alice;
    expect(await statusOf(keys, "GET", `/${bucket}/home/alice/a`)).toBe(200);
    expect(await statusOf(keys, "PUT", `/${bucket}/home/alice/new`, "x")).toBe(200);
    expect(await statusOf(keys, "GET", `/${bucket}?prefix=home/alice/`)).toBe(200);
    for (const [method, path] of [
      ["GET", `/${bucket}/home/bob/b`],
      ["GET", `/${bucket}/home/alice/../bob/b`],
      ["GET", `/${bucket}`],
      ["GET", `/${bucket}?prefix=home/`],
      ["DELETE", `/${bucket}/home/alice/a`],
      ["GET", `/${bucket}?policy`],
      ["DELETE", `/${bucket}`],
      ["GET", "/"],
      ["PUT", `/${newName("bucket")}`],
    ] as const)
      await expectError(await fetchAs(keys, method, path), 403, "AccessDenied");
    const copy = { "x-amz-copy-source": `/${bucket}/home/bob/b` };
    await expectError(
      await fetchAs(keys, "PUT", `/${bucket}/home/alice/copy`, { headers: copy }),
      403,
      "AccessDenied",
    );
    const refused = await fetchAs(keys, "GET", `/${bucket}/home/bob/b`);
    expect(elements(await refused.text(), "Message")[0]).toBe(
      `User: ${alice.arn} is not authorized to perform: s3:GetObject on resource: &quot;arn:aws:s3:::${bucket}/home/bob/b&quot; because no identity-based policy allows the s3:GetObject action`,
    );
  });

  test("ListBuckets, CreateBucket, and all that a bucket is made with are allowed one by one", async () => {
    const [listing, making] = [
      await newUser(allowing("s3:ListAllMyBuckets")),
      await newUser(allowing("s3:CreateBucket")),
    ];
    const list = await (await fetchAs(listing.keys, "GET", "/")).text();
    expect(elements(list, "Name")).toContain(bucket);
    expect(await statusOf(making.keys, "GET", "/")).toBe(403);
    const headers = { "x-amz-bucket-object-lock-enabled": "true" };
    const locked = await fetchAs(making.keys, "PUT", `/${newName("bucket")}`, { headers });
    await expectError(locked, 403, "AccessDenied");
    const name = newName("bucket");
    expect(await statusOf(making.keys, "PUT", `/${name}`)).toBe(200);
    // It is the account's.
    expect(await statusOf(account.keys, "PUT", `/${name}/k`, "x")).toBe(200);
    expect(await statusOf(making.keys, "GET", `/${name}/k`)).toBe(403);
  });

  test("DeleteObjects refuses what a user may not delete, key by key", async () => {
    const { keys } = await newUser(allowing("s3:DeleteObject", `arn:aws:s3:::${bucket}/mine/*`));
    await fetchAs(account.keys, "PUT", `/${bucket}/mine/1`, { body: "x" });
    const body = `<Delete><Object><Key>mine/1</Key></Object><Object><Key>home/bob/b</Key></Object></Delete>`;
    const answer = await (await fetchAs(keys, "POST", `/${bucket}?delete`, { body })).text();
    expect(answer).toContain("<Deleted><Key>mine/1</Key></Deleted>");
    expect(elements(answer, "Code")).toEqual(["AccessDenied"]);
    expect(await statusOf(account.keys, "GET", `/${bucket}/home/bob/b`)).toBe(200);
  });

  test("a bucket's policy that names a user lets it in, and one that denies it keeps it out", async () => {
    const own = newName("bucket");
    await fetchAs(account.keys, "PUT", `/${own}`);
    await fetchAs(account.keys, "PUT", `/${own}/k`, { body: "x" });
    const [named, other, strong] = [
      await newUser(),
      await newUser(),
      await newUser(allowing("s3:*")),
    ];
    const on = { Action: "s3:GetObject", Resource: `arn:aws:s3:::${own}/*` };
    const body = policy(
      {
        Effect: "Allow",
        Principal: { AWS: [named.arn, `arn:aws:iam::${account.id}:root`] },
        ...on,
      },
      { Effect: "Deny", Principal: { AWS: strong.arn }, ...on },
    );
    expect(await statusOf(account.keys, "PUT", `/${own}?policy`, body)).toBe(204);
    const get = (user: User) => statusOf(user.keys, "GET", `/${own}/k`);
    // Its account is named, which is not enough.
    expect([await get(named), await get(other), await get(strong)]).toEqual([200, 403, 403]);
    // Who has the name later is somebody else.
    expect(await statusOf(account.keys, "DELETE", `/${own}?policy`)).toBe(204);
    expect([await get(named), await get(strong)]).toEqual([403, 200]);
  });

  test("between accounts both sides have to allow it", async () => {
    const elsewhere = await newIamAccount();
    const bob = newName("bob");
    await elsewhere.ask("CreateUser", { UserName: bob });
    const keys = keysIn(await elsewhere.ask("CreateAccessKey", { UserName: bob }));
    const arn = `arn:aws:iam::${elsewhere.id}:user/${bob}`;
    const own = newName("bucket");
    await fetchAs(account.keys, "PUT", `/${own}`);
    await fetchAs(account.keys, "PUT", `/${own}/k`, { body: "x" });
    const body = policy({
      Effect: "Allow",
      Principal: { AWS: arn },
      Action: "s3:GetObject",
      Resource: `arn:aws:s3:::${own}/*`,
    });
    await fetchAs(account.keys, "PUT", `/${own}?policy`, { body });
    expect(await statusOf(keys, "GET", `/${own}/k`)).toBe(403);
    await elsewhere.ask("PutUserPolicy", {
      UserName: bob,
      PolicyName: "p",
      PolicyDocument: allowing("s3:*"),
    });
    expect(await statusOf(keys, "GET", `/${own}/k`)).toBe(200);
    // Without the bucket's word its own is worth nothing there.
    expect(await statusOf(keys, "PUT", `/${own}/k`, "y")).toBe(403);
    await fetchAs(account.keys, "DELETE", `/${own}?policy`);
    expect(await statusOf(keys, "GET", `/${own}/k`)).toBe(403);
  });

  test("a boundary and a Deny limit what its groups and policies allow, at once", async () => {
    const user = await newUser(allowing("s3:*"));
    const group = newName("group");
    const path = `/${bucket}/home/bob/b`;
    expect(await statusOf(user.keys, "GET", path)).toBe(200);
    await account.ask("CreateGroup", { GroupName: group });
    await account.ask("AddUserToGroup", { GroupName: group, UserName: user.name });
    const deny = policy({ Effect: "Deny", Action: "s3:GetObject", Resource: "*" });
    await account.ask("PutGroupPolicy", {
      GroupName: group,
      PolicyName: "deny",
      PolicyDocument: deny,
    });
    await expectError(await fetchAs(user.keys, "GET", path), 403, "AccessDenied");
    await account.ask("RemoveUserFromGroup", { GroupName: group, UserName: user.name });
    expect(await statusOf(user.keys, "GET", path)).toBe(200);
    await account.ask("PutUserPermissionsBoundary", {
      UserName: user.name,
      PermissionsBoundary: "arn:aws:iam::aws:policy/IAMReadOnlyAccess",
    });
    const bounded = await fetchAs(user.keys, "GET", path);
    expect(elements(await bounded.text(), "Message")[0]).toContain(
      "because no permissions boundary allows",
    );
    await account.ask("DeleteUserPermissionsBoundary", { UserName: user.name });
    expect(await statusOf(user.keys, "GET", path)).toBe(200);
  });
});
