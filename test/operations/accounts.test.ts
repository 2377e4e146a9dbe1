import { createHash } from "node:crypto";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { fetchAs, type Keys, newAccount, newId, newKeys, putAccount } from "../support/accounts.ts";
import {
  elements,
  ENDPOINT,
  expectError,
  putObject,
  rawFetch,
  signedFetch,
  uniqueBucket,
} from "../support/client.ts";
import { faultyEnv, faultyFetch, withMethods } from "../support/faults.ts";
import { allowing, keysIn, newName, queried } from "../support/query-api.ts";
import { formBody, policyOf, sendForm, signedV2 } from "../support/form.ts";

describe("an account", () => {
  test("makes buckets, which are its own: others cannot use them, nor have their names", async () => {
    const { keys } = await newAccount({ displayName: "First" });
    const other = await newAccount();
    const name = `b-${crypto.randomUUID()}`;
    expect((await fetchAs(keys, "PUT", `/${name}`)).status).toBe(200);
    expect((await fetchAs(keys, "PUT", `/${name}/k`, { body: "x" })).status).toBe(200);
    expect(await (await fetchAs(keys, "GET", `/${name}/k`)).text()).toBe("x");

    const list = await (await fetchAs(keys, "GET", "/")).text();
    expect(elements(list, "Name")).toEqual([name]);
    expect(elements(list, "DisplayName")).toEqual(["First"]);
    const acl = await (await fetchAs(keys, "GET", `/${name}?acl`)).text();
    expect(elements(acl, "ID")).toEqual([...elements(list, "ID"), ...elements(list, "ID")]);

    for (const response of [
      await fetchAs(other.keys, "GET", `/${name}/k`),
      await fetchAs(other.keys, "DELETE", `/${name}`),
      await signedFetch("GET", `/${name}/k`),
    ])
      await expectError(response, 403, "AccessDenied");
    await expectError(await fetchAs(other.keys, "PUT", `/${name}`), 409, "BucketAlreadyExists");
    await expectError(await signedFetch("PUT", `/${name}`), 409, "BucketAlreadyExists");
    const others = await (await fetchAs(other.keys, "GET", "/")).text();
    expect(elements(others, "Name")).toEqual([]);
  });

  test("is listed with its keys, and never with a secret", async () => {
    const email = `${crypto.randomUUID()}@example.com`;
    const { id, keys } = await newAccount({ displayName: "Listed", email });
    const response = await signedFetch("GET", "/_ledge/accounts");
    expect(response.headers.get("content-type")).toBe("application/json");
    const text = await response.text();
    expect(text).not.toContain(keys.secretAccessKey);
    const { accounts } = JSON.parse(text) as { accounts: { id: string }[] };
    expect(accounts.find((account) => account.id === id)).toEqual({
      id,
      canonicalId: createHash("sha256").update(`ledge account ${id}`).digest("hex"),
      displayName: "Listed",
      email,
      createdMs: expect.any(Number),
      origin: "api",
      accessKeyIds: [keys.accessKeyId],
    });
  });

  test("reads what an ACL grants it by its id, or its e-mail address", async () => {
    const bucket = await uniqueBucket();
    const canonicalId = `granted-${crypto.randomUUID()}`;
    const email = `${crypto.randomUUID()}@example.com`;
    const { keys } = await newAccount({ canonicalId, email });
    for (const grant of [`id="${canonicalId}"`, `emailAddress="${email}"`]) {
      await putObject(bucket, "granted", "text", { "x-amz-grant-read": grant });
      expect(await (await fetchAs(keys, "GET", `/${bucket}/granted`)).text()).toBe("text");
      await putObject(bucket, "granted", "text");
      await expectError(await fetchAs(keys, "GET", `/${bucket}/granted`), 403, "AccessDenied");
    }
    const headers = { "x-amz-grant-read": 'id="nobody"' };
    await expectError(
      await signedFetch("PUT", `/${bucket}/k`, { headers }),
      400,
      "InvalidArgument",
    );
  });

  test("signs forms", async () => {
    const { keys } = await newAccount();
    const bucket = `b-${crypto.randomUUID()}`;
    // The key is not remembered yet when the form comes.
    await signedFetch("PUT", `/${bucket}`, { headers: { "x-amz-acl": "public-read-write" } });
    const policy = policyOf([{ bucket }, ["starts-with", "$key", ""]]);
    const fields = [["key", "formed"] as const, ...signedV2(policy, keys)];
    const response = await sendForm(bucket, formBody(fields, { file: "text" }));
    expect(response.status, await response.text()).toBe(204);
    expect(await (await fetchAs(keys, "GET", `/${bucket}/formed`)).text()).toBe("text");
  });

  test("is not deleted while it owns a bucket, and cannot sign once it is", async () => {
    const { id, keys } = await newAccount();
    const name = `b-${crypto.randomUUID()}`;
    await fetchAs(keys, "PUT", `/${name}`);
    const path = `/_ledge/accounts/${id}`;
    await expectError(await signedFetch("DELETE", path), 409, "DeleteConflict");
    expect((await fetchAs(keys, "DELETE", `/${name}`)).status).toBe(204);
    expect((await signedFetch("DELETE", path)).status).toBe(204);
    await expectError(await fetchAs(keys, "GET", "/"), 403, "InvalidAccessKeyId");
    await expectError(await signedFetch("DELETE", path), 404, "NoSuchEntity");
  });

  test("is not the deployment's own, whose users and keys nobody deletes with it", async () => {
    const UserName = newName("user");
    await queried("CreateUser", { UserName });
    const answer = await signedFetch("DELETE", `/_ledge/accounts/${env.ACCOUNT_ID}`);
    await expectError(answer, 404, "NoSuchEntity");
    await queried("GetUser", { UserName });
  });

  test("leaves its keys of KMS, which a gateway that remembers them goes on to encrypt with", async () => {
    const { id, keys } = await newAccount();
    const name = newName("b");
    const encrypted = { headers: { "x-amz-server-side-encryption": "aws:kms" }, body: "text" };
    await fetchAs(keys, "PUT", `/${name}`);
    expect((await fetchAs(keys, "PUT", `/${name}/k`, encrypted)).status).toBe(200);
    for (const path of [`/${name}/k`, `/${name}`]) await fetchAs(keys, "DELETE", path);
    expect((await signedFetch("DELETE", `/_ledge/accounts/${id}`)).status).toBe(204);
    const again = newKeys();
    await putAccount(id, { rootKeys: [again] });
    await fetchAs(again, "PUT", `/${name}`);
    expect((await fetchAs(again, "PUT", `/${name}/k`, encrypted)).status).toBe(200);
    const bindings = faultyEnv({ DIRECTORY: withMethods(env.DIRECTORY, {}) });
    const elsewhere = await fetchAs(again, "GET", `/${name}/k`, { bindings });
    expect(await elsewhere.text()).toBe("text");
  });

  test("that is put again has the keys of then only, at once", async () => {
    const { id, keys } = await newAccount();
    expect((await fetchAs(keys, "GET", "/")).status).toBe(200);
    const next = newKeys();
    expect((await putAccount(id, { rootKeys: [next] })).status).toBe(204);
    await expectError(await fetchAs(keys, "GET", "/"), 403, "InvalidAccessKeyId");
    expect((await fetchAs(next, "GET", "/")).status).toBe(200);
    const secretAccessKey = "another-secret";
    const changed = { ...next, secretAccessKey };
    expect((await putAccount(id, { rootKeys: [changed] })).status).toBe(204);
    await expectError(await fetchAs(next, "GET", "/"), 403, "SignatureDoesNotMatch");
    expect((await fetchAs(changed, "GET", "/")).status).toBe(200);
  });
});

describe("accounts are refused, and nothing is changed", () => {
  let first: Awaited<ReturnType<typeof newAccount>>;
  const email = `${crypto.randomUUID()}@example.com`;
  const canonicalId = `canonical-${crypto.randomUUID()}`;
  beforeAll(async () => {
    first = await newAccount({ email, canonicalId });
  });

  test("to all but the deployment's root", async () => {
    const requests = [
      ["GET", "/_ledge/accounts"],
      ["PUT", "/_ledge/accounts"],
      ["PUT", `/_ledge/accounts/${first.id}`],
      ["DELETE", `/_ledge/accounts/${first.id}`],
    ] as const;
    for (const [method, path] of requests) {
      await expectError(await fetchAs(first.keys, method, path), 403, "AccessDenied");
      const unsigned = await rawFetch(ENDPOINT + path, { method });
      await expectError(unsigned, 403, "AccessDenied");
    }
    expect((await fetchAs(first.keys, "GET", "/")).status).toBe(200);
  });

  test("by a deployment without MASTER_KEY, which knows its root alone", async () => {
    const without = faultyEnv({ MASTER_KEY: "" } as Partial<Cloudflare.Env>);
    const document = await expectError(
      await faultyFetch(without, "GET", "/_ledge/accounts"),
      501,
      "NotImplemented",
    );
    expect(document).toContain("MASTER_KEY");
    expect((await faultyFetch(without, "GET", "/")).status).toBe(200);
    const answer = await fetchAs(first.keys, "GET", "/", { bindings: without });
    await expectError(answer, 403, "InvalidAccessKeyId");
  });

  test.for([
    { member: "email", described: () => ({ email }) },
    { member: "canonicalId", described: () => ({ canonicalId }) },
    { member: "accessKeyId", described: () => ({ rootKeys: [first.keys] }) },
    {
      member: "accessKeyId",
      described: () => ({
        rootKeys: [{ accessKeyId: env.ROOT_ACCESS_KEY_ID, secretAccessKey: "12345678" }],
      }),
    },
  ])("whose $member is another's", async ({ member, described }) => {
    const response = await putAccount(newId(), described());
    expect(await expectError(response, 409, "EntityAlreadyExists")).toContain(`The ${member} `);
    expect((await fetchAs(first.keys, "GET", "/")).status).toBe(200);
  });

  test("whose id is the deployment's own", async () => {
    await expectError(await putAccount(env.ACCOUNT_ID, {}), 409, "EntityAlreadyExists");
  });

  test("whose canonical id would change while it owns buckets", async () => {
    const name = `b-${crypto.randomUUID()}`;
    await fetchAs(first.keys, "PUT", `/${name}`);
    const response = await putAccount(first.id, { rootKeys: [first.keys], canonicalId: "changed" });
    await expectError(response, 409, "EntityAlreadyExists");
    expect((await fetchAs(first.keys, "GET", `/${name}`)).status).toBe(200);
  });
});

describe("the file of accounts", () => {
  function account(id: string, keys: Keys, more: object = {}): object {
    return { id, rootKeys: [keys], ...more };
  }
  async function putFile(...accounts: object[]): Promise<Response> {
    return signedFetch("PUT", "/_ledge/accounts", { body: JSON.stringify({ accounts }) });
  }

  test("makes its accounts, and takes those away that are in it no more", async () => {
    const [a, b, kept] = [newKeys(), newKeys(), await newAccount()];
    const [idA, idB] = [newId(), newId()];
    const emails = [`${idA}@example.com`, `${idB}@example.com`];
    const put = (x: string | undefined, y: string | undefined) =>
      putFile(account(idA, a, { email: x }), account(idB, b, { email: y }));
    expect((await put(emails[0], emails[1])).status).toBe(204);
    // Neither is in the other's way.
    expect((await put(emails[1], emails[0])).status).toBe(204);
    for (const keys of [a, b]) expect((await fetchAs(keys, "GET", "/")).status).toBe(200);

    expect((await putFile(account(idB, b))).status).toBe(204);
    await expectError(await fetchAs(a, "GET", "/"), 403, "InvalidAccessKeyId");
    expect((await fetchAs(b, "GET", "/")).status).toBe(200);
    expect((await fetchAs(kept.keys, "GET", "/")).status).toBe(200);
    expect((await putFile()).status).toBe(204);
  });

  test("changes nothing when one of its accounts clashes with another one", async () => {
    const [before, kept, fresh] = [newKeys(), await newAccount(), newKeys()];
    const id = newId();
    expect((await putFile(account(id, before))).status).toBe(204);
    const clashing = [account(newId(), fresh), account(kept.id, newKeys())];
    const text = await expectError(await putFile(...clashing), 409, "EntityAlreadyExists");
    expect(text).toContain(`The id ${kept.id} is another account's`);
    await expectError(await fetchAs(fresh, "GET", "/"), 403, "InvalidAccessKeyId");
    expect((await fetchAs(before, "GET", "/")).status).toBe(200);
    const taken = await putAccount(id, { rootKeys: [newKeys()] });
    await expectError(taken, 409, "EntityAlreadyExists");
    expect((await putFile()).status).toBe(204);
  });

  test("has users, who may do what their policies allow", async () => {
    const [rootKey, admin, reader] = [newKeys(), newKeys(), newKeys()];
    const id = newId();
    const managedPolicies = ["arn:aws:iam::aws:policy/AdministratorAccess"];
    const inlinePolicies = { own: JSON.parse(allowing("s3:ListAllMyBuckets")) as object };
    const described = {
      id,
      rootKeys: [rootKey],
      users: [
        { name: "Admin", path: "/a/", keys: [admin], managedPolicies },
        { name: "reader", keys: [reader], inlinePolicies },
      ],
    };
    expect((await putFile(described)).status).toBe(204);
    const path = `/b-${crypto.randomUUID()}`;
    expect((await fetchAs(admin, "PUT", path)).status).toBe(200);
    expect((await fetchAs(reader, "GET", "/")).status).toBe(200);
    await expectError(await fetchAs(reader, "GET", path), 403, "AccessDenied");
    const asRoot = { keys: rootKey };
    const shown = await queried("GetUser", { UserName: "admin" }, asRoot);
    expect(elements(shown, "Arn")).toEqual([`arn:aws:iam::${id}:user/a/Admin`]);

    // What the account makes itself stays when the file is put once more; what the file does not say goes.
    const user = { UserName: "reader" };
    const made = keysIn(await queried("CreateAccessKey", user, asRoot));
    const policy = { PolicyName: "more", PolicyDocument: allowing("s3:*") };
    await queried("PutUserPolicy", { ...user, ...policy }, asRoot);
    const group = { GroupName: "all" };
    await queried("CreateGroup", group, asRoot);
    await queried("PutGroupPolicy", { ...group, ...policy }, asRoot);
    await queried("AddUserToGroup", { ...user, ...group }, asRoot);
    await queried("CreateUser", { UserName: "own" }, asRoot);
    expect((await fetchAs(reader, "GET", path)).status).toBe(200);
    expect((await putFile(described)).status).toBe(204);
    expect((await fetchAs(made, "GET", "/")).status).toBe(200);
    await expectError(await fetchAs(made, "GET", path), 403, "AccessDenied");
    const taken = await putFile(described, { id: newId(), rootKeys: [made] });
    await expectError(taken, 409, "EntityAlreadyExists");

    expect((await putFile({ id, rootKeys: [rootKey] })).status).toBe(204);
    for (const keys of [admin, reader, made])
      await expectError(await fetchAs(keys, "GET", "/"), 403, "InvalidAccessKeyId");
    expect(elements(await queried("ListUsers", {}, asRoot), "UserName")).toEqual(["own"]);
    expect((await fetchAs(rootKey, "DELETE", path)).status).toBe(204);
    expect((await putFile()).status).toBe(204);
    // One of the same id later has nothing of it.
    expect((await putFile({ id, rootKeys: [rootKey] })).status).toBe(204);
    expect(elements(await queried("ListUsers", {}, asRoot), "UserName")).toEqual([]);
    expect((await putFile()).status).toBe(204);
  });
});

test("the root's key is replaced without a gap", async () => {
  const before = {
    accessKeyId: env.ROOT_ACCESS_KEY_ID,
    secretAccessKey: env.ROOT_SECRET_ACCESS_KEY,
  };
  const now = newKeys();
  const bindings = faultyEnv({
    ROOT_ACCESS_KEY_ID: now.accessKeyId,
    ROOT_SECRET_ACCESS_KEY: now.secretAccessKey,
  });
  await expectError(await fetchAs(before, "GET", "/", { bindings }), 403, "InvalidAccessKeyId");
  const both = {
    ...bindings,
    ROOT_ACCESS_KEY_ID_PREVIOUS: before.accessKeyId,
    ROOT_SECRET_ACCESS_KEY_PREVIOUS: before.secretAccessKey,
  };
  for (const keys of [before, now])
    expect((await fetchAs(keys, "GET", "/_ledge/accounts", { bindings: both })).status).toBe(200);
});
