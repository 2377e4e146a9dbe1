import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, test, vi } from "vitest";
import { MasterKey } from "../../src/lib/master-key.ts";
import { keyDirectoryClient } from "../../src/storage/clients/key-directory-client.ts";
import { keyRegistry } from "../../src/storage/clients/key-registry.ts";
import type { KeyDirectory } from "../../src/storage/ports/key-directory.ts";
import { newId } from "../support/accounts.ts";
import { advanceClock } from "../support/faults.ts";

afterEach(() => {
  vi.useRealTimers();
});

const REGION = "us-east-1";
const MASTER_KEY = new MasterKey(new Uint8Array(32).fill(1));
const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);
const OF = Buffer.from("bucket/object");
const UUID = "[0-9a-f-]{36}";

interface Gateway {
  readonly masterKey?: MasterKey | undefined;
  readonly declared?: readonly string[];
  /** Of some other Directory methods. */
  readonly directory?: Partial<KeyDirectory>;
}

/** A gateway that remembers nothing yet, and how often it asks the Directory. */
function gateway(given: Gateway = {}) {
  const { masterKey = MASTER_KEY, declared = [], directory } = given;
  const asked = { count: 0 };
  const client = { ...keyDirectoryClient(env.DIRECTORY), ...directory };
  const counted: KeyDirectory = {
    ...client,
    openKey: (...args) => {
      asked.count += 1;
      return client.openKey(...args);
    },
    rotateKey: (...args) => {
      asked.count += 1;
      return client.rotateKey(...args);
    },
  };
  const keys = "masterKey" in given ? given.masterKey : masterKey;
  return { asked, registry: keyRegistry(counted, keys?.subKeys("kms"), new Set(declared)) };
}

async function changeKeys(accountId: string, assignment: string): Promise<void> {
  await runInDurableObject(env.DIRECTORY.getByName("directory"), (_, { storage }) => {
    storage.sql.exec(`UPDATE kms_key SET ${assignment} WHERE account_id = ?`, accountId);
  });
}

describe("the account's own key for S3", () => {
  test("is made at its first use, once for all gateways, with one question each", async () => {
    const account = newId();
    const gateways = Array.from({ length: 4 }, () => gateway());
    const keys = await Promise.all(
      gateways.map(({ registry }) => registry.usableKey(account, REGION, undefined)),
    );
    expect(new Set(keys.map(({ id }) => id)).size).toBe(1);
    expect(keys[0]?.name).toMatch(new RegExp(`^arn:aws:kms:${REGION}:${account}:key/${UUID}$`));
    const [one, other] = gateways;
    if (one === undefined || other === undefined || keys[0] === undefined) throw new Error("none");
    const wrapped = await one.registry.wrap(keys[0], KEY, OF);
    expect(await other.registry.unwrap(account, keys[0].id, 1, wrapped, OF)).toEqual(KEY);
    expect(gateways.map(({ asked }) => asked.count)).toEqual([1, 1, 1, 1]);
  });

  test("is called by its id, its ARN, and its alias, and is another in another region", async () => {
    const account = newId();
    const { registry } = gateway();
    const key = await registry.usableKey(account, REGION, undefined);
    const id = key.name.split("/")[1] ?? "";
    for (const name of [id, key.name, "alias/aws/s3"])
      expect(await registry.usableKey(account, REGION, name), name).toEqual(key);
    const elsewhere = await registry.usableKey(account, "eu-west-1", undefined);
    expect(elsewhere.id).not.toBe(key.id);
  });
});

test("a cold write asks the Directory once, and one more after five minutes", async () => {
  const account = newId();
  const { asked, registry } = gateway();
  const write = async () => {
    const key = await registry.usableKey(account, REGION, undefined);
    const wrapped = await registry.wrap(key, KEY, OF);
    expect(await registry.unwrap(account, key.id, 1, wrapped, OF)).toEqual(KEY);
  };
  await write();
  await write();
  expect(asked.count).toBe(1);
  advanceClock(300_001);
  await write();
  expect(asked.count).toBe(2);
});

test("what was asked for before a key changed is not remembered after", async () => {
  const account = newId();
  const client = keyDirectoryClient(env.DIRECTORY);
  const first = await gateway().registry.usableKey(account, REGION, undefined);
  const { registry } = gateway({
    directory: {
      async openKey(...args) {
        const answer = await client.openKey(...args);
        // Meanwhile, by a request of this gateway's.
        await changeKeys(account, "state = 'Disabled'");
        registry.forget(account);
        return answer;
      },
    },
  });
  expect(await registry.usableKey(account, REGION, undefined)).toEqual(first);
  await expect(registry.usableKey(account, REGION, undefined)).rejects.toMatchObject({
    code: "KMS.DisabledException",
  });
});

test("a cold read asks the Directory once", async () => {
  const account = newId();
  const { registry } = gateway();
  const key = await registry.storeKey(account);
  const wrapped = await registry.wrap(key, KEY, OF);
  const cold = gateway();
  for (let n = 0; n < 3; n += 1)
    expect(await cold.registry.unwrap(account, key.id, key.version, wrapped, OF)).toEqual(KEY);
  expect(cold.asked.count).toBe(1);
});

test("what is remembered is bounded: the oldest of 65 accounts is asked for again", async () => {
  const accounts = Array.from({ length: 65 }, newId);
  const { asked, registry } = gateway();
  for (const account of accounts) await registry.storeKey(account);
  expect(asked.count).toBe(65);
  await registry.storeKey(accounts[64] ?? "");
  expect(asked.count).toBe(65);
  await registry.storeKey(accounts[0] ?? "");
  expect(asked.count).toBe(66);
});

describe("SSE-S3's key", () => {
  test("is one for the account, and no request can name it", async () => {
    const account = newId();
    const { registry } = gateway();
    const key = await registry.storeKey(account);
    expect((await gateway().registry.storeKey(account)).id).toBe(key.id);
    for (const name of [key.id, "sse-s3"])
      await expect(registry.usableKey(account, REGION, name), name).rejects.toMatchObject({
        code: "KMS.NotFoundException",
      });
  });

  test("of one account opens nothing of another's", async () => {
    const [mine, other] = [newId(), newId()];
    const { registry } = gateway();
    const key = await registry.storeKey(mine);
    const wrapped = await registry.wrap(key, KEY, OF);
    await expect(registry.unwrap(other, key.id, 1, wrapped, OF)).rejects.toMatchObject({
      code: "KMS.NotFoundException",
    });
    const theirs = await registry.storeKey(other);
    await expect(registry.unwrap(other, theirs.id, 1, wrapped, OF)).rejects.toThrow();
  });
});

describe("a declared key", () => {
  test("is made for each account that uses it, and is called as it was declared", async () => {
    const [mine, other] = [newId(), newId()];
    const { registry } = gateway({ declared: ["testkey-1"] });
    const key = await registry.usableKey(mine, REGION, "testkey-1");
    expect(key.name).toBe("testkey-1");
    const arn = `arn:aws:kms:${REGION}:${mine}:key/testkey-1`;
    expect(await registry.usableKey(mine, REGION, arn)).toEqual(key);
    expect((await registry.usableKey(other, REGION, "testkey-1")).id).not.toBe(key.id);
  });

  test("stays where it was used, when it is declared no more", async () => {
    const account = newId();
    const { registry } = gateway({ declared: ["testkey-1"] });
    const key = await registry.usableKey(account, REGION, "testkey-1");
    const wrapped = await registry.wrap(key, KEY, OF);
    expect(await gateway().registry.unwrap(account, key.id, 1, wrapped, OF)).toEqual(KEY);
  });
});

// https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3.snapshot.json (test_s3_sse_validate_kms_key)
test("a key that there is not is refused in AWS's words, and nothing is made of it", async () => {
  const account = newId();
  const { registry } = gateway();
  const uuid = "134f2428-cec1-4b25-a1ae-9048164dba47";
  const own = `arn:aws:kms:${REGION}:${account}`;
  for (const [name, code, message] of [
    ["fake-key-id", "KMS.NotFoundException", "Invalid keyId 'fake-key-id'"],
    ["no key/id", "KMS.NotFoundException", "Invalid keyId 'no key/id'"],
    [uuid, "KMS.NotFoundException", `Key '${own}:key/${uuid}' does not exist`],
    [`${own}:key/${uuid}`, "KMS.NotFoundException", `Key '${own}:key/${uuid}' does not exist`],
    ["alias/x", "KMS.NotFoundException", `Alias ${own}:alias/x is not found.`],
    [
      `arn:aws:kms:us-west-2:${account}:key/${uuid}`,
      "KMS.NotFoundException",
      "Invalid arn us-west-2",
    ],
    [
      `arn:aws:kms:${REGION}:999999999999:key/${uuid}`,
      "AccessDenied",
      expect.stringContaining("kms:GenerateDataKey"),
    ],
  ] as const)
    await expect(registry.usableKey(account, REGION, name), name).rejects.toMatchObject({
      code,
      message,
    });
  const keys = await runInDurableObject(env.DIRECTORY.getByName("directory"), (_, { storage }) =>
    storage.sql.exec("SELECT id FROM kms_key WHERE account_id = ?", account).toArray(),
  );
  expect(keys).toEqual([]);
});

test.for([
  ["state = 'Disabled'", "KMS.DisabledException", "is disabled."],
  ["state = 'PendingDeletion'", "KMS.KMSInvalidStateException", "is pending deletion."],
  ["deletion_ms = 1", "KMS.NotFoundException", "does not exist"],
] as const)(
  "a key with %s is used neither for writes nor for reads, %s",
  async ([assignment, code, message]) => {
    const account = newId();
    const { registry } = gateway();
    const key = await registry.usableKey(account, REGION, undefined);
    const wrapped = await registry.wrap(key, KEY, OF);
    await changeKeys(account, assignment);
    // Here it is remembered.
    expect(await registry.unwrap(account, key.id, 1, wrapped, OF)).toEqual(KEY);
    registry.forget(account);
    const refused = { code, message: expect.stringContaining(message) };
    for (const each of [registry, gateway().registry]) {
      await expect(each.usableKey(account, REGION, key.name)).rejects.toMatchObject(refused);
      await expect(each.unwrap(account, key.id, 1, wrapped, OF)).rejects.toMatchObject(refused);
    }
    if (code === "KMS.NotFoundException") return;
    await changeKeys(account, "state = 'Enabled'");
    expect(await registry.unwrap(account, key.id, 1, wrapped, OF)).toEqual(KEY);
  },
);

test("a key whose rotation is due gets one new material, and what is under the old one opens", async () => {
  const account = newId();
  const first = await gateway().registry.usableKey(account, REGION, undefined);
  const wrapped = await gateway().registry.wrap(first, KEY, OF);
  await changeKeys(account, "rotation_days = 90, rotation_due_ms = 1");
  const gateways = Array.from({ length: 3 }, () => gateway());
  const keys = await Promise.all(
    gateways.map(({ registry }) => registry.usableKey(account, REGION, undefined)),
  );
  for (const [i, key] of keys.entries()) {
    expect(key).toEqual({ ...first, version: 2 });
    const { registry } = gateways[i] ?? gateway();
    expect(await registry.unwrap(account, key.id, 1, wrapped, OF)).toEqual(KEY);
    const anew = await registry.wrap(key, KEY, OF);
    expect(await gateway().registry.unwrap(account, key.id, 2, anew, OF)).toEqual(KEY);
    await expect(gateway().registry.unwrap(account, key.id, 1, anew, OF)).rejects.toThrow();
  }
});

describe("MASTER_KEY", () => {
  test("that is not set leaves no key to use, by name", async () => {
    const account = newId();
    const { asked, registry } = gateway({ masterKey: undefined });
    const key = { accountId: account, id: "key", version: 1, name: "key" };
    const refused = {
      code: "KMS.KMSInvalidStateException",
      message: expect.stringContaining("MASTER_KEY"),
    };
    await expect(registry.usableKey(account, REGION, undefined)).rejects.toMatchObject(refused);
    await expect(registry.storeKey(account)).rejects.toMatchObject(refused);
    await expect(registry.wrap(key, KEY, OF)).rejects.toMatchObject(refused);
    await expect(registry.unwrap(account, "key", 1, new Uint8Array(60), OF)).rejects.toMatchObject(
      refused,
    );
    expect(asked.count).toBe(0);
  });

  test("that is another one opens nothing; beside its successor it does", async () => {
    const account = newId();
    const { registry } = gateway();
    const key = await registry.storeKey(account);
    const wrapped = await registry.wrap(key, KEY, OF);
    const next = new Uint8Array(32).fill(2);
    const lost = gateway({ masterKey: new MasterKey(next) });
    await expect(lost.registry.unwrap(account, key.id, 1, wrapped, OF)).rejects.toThrow();
    const replacing = gateway({ masterKey: new MasterKey(next, new Uint8Array(32).fill(1)) });
    expect(await replacing.registry.unwrap(account, key.id, 1, wrapped, OF)).toEqual(KEY);
  });
});

test("a Directory that fails is asked again by the next request", async () => {
  const account = newId();
  let isFailing = true;
  const client = keyDirectoryClient(env.DIRECTORY);
  const { registry } = gateway({
    directory: {
      openKey: async (...args) => {
        if (isFailing) throw new Error("the Directory was moved");
        return client.openKey(...args);
      },
    },
  });
  await expect(registry.storeKey(account)).rejects.toThrow("moved");
  isFailing = false;
  expect((await registry.storeKey(account)).version).toBe(1);
});

test("the key of SSE-S3 is no key that calls of KMS can name, nor take from the account", async () => {
  const account = newId();
  const { registry } = gateway();
  const key = await registry.storeKey(account);
  const wrapped = await registry.wrap(key, KEY, OF);
  const directory = keyDirectoryClient(env.DIRECTORY);
  const scope = { accountId: account, region: "" };
  const disabling = directory.call(scope, "setKeyState", "sse-s3", "Disabled");
  await expect(disabling).rejects.toMatchObject({ code: "NotFoundException" });
  const deleting = directory.call(scope, "scheduleKeyDeletion", "sse-s3", 7);
  await expect(deleting).rejects.toMatchObject({ code: "NotFoundException" });
  const after = gateway().registry;
  expect(await after.unwrap(account, key.id, key.version, wrapped, OF)).toEqual(KEY);
});
