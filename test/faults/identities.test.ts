import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { newAccessKeyId } from "../../src/domain/auth/access-key-id.ts";
import { MasterKey } from "../../src/lib/master-key.ts";
import { fetchAs, newAccount, newId, newKeys, putAccount } from "../support/accounts.ts";
import { expectError, signedFetch } from "../support/client.ts";
import { expectQueryError, query } from "../support/query-api.ts";
import { advanceClock, faultyEnv, faultyFetch, withMethods } from "../support/faults.ts";

const MASTER_KEY = new MasterKey(
  Buffer.from((env as unknown as { MASTER_KEY: string }).MASTER_KEY, "base64"),
);

afterEach(() => {
  vi.useRealTimers();
});

/** The environment with a Directory that counts what it is asked, and a gateway that remembers nothing yet. */
function counted(answer?: () => void) {
  const asked = { count: 0 };
  const bindings = faultyEnv({
    DIRECTORY: withMethods(env.DIRECTORY, {
      getByName: (name) => {
        asked.count += 1;
        answer?.();
        return env.DIRECTORY.getByName(name);
      },
    }),
  });
  return { asked, bindings };
}

describe("what a key costs", () => {
  test("the deployment root's asks the Directory for nothing", async () => {
    const { asked, bindings } = counted();
    expect((await faultyFetch(bindings, "GET", "/no-such-bucket")).status).toBe(404);
    // That was for the bucket.
    expect(asked.count).toBe(1);
  });

  test("another account's asks for itself once, or not at all when the edge copy has it, and notes its use once", async () => {
    const { keys } = await newAccount();
    const cold = counted();
    for (let n = 0; n < 3; n += 1) expect((await fetchAs(keys, "GET", "/", cold)).status).toBe(200);
    // Three for the lists of buckets.
    expect(cold.asked.count).toBe(5);
    const elsewhere = counted();
    expect((await fetchAs(keys, "GET", "/", elsewhere)).status).toBe(200);
    expect(elsewhere.asked.count).toBe(2);
  });

  test("is one question in the background every five seconds", async () => {
    const { keys } = await newAccount();
    const { asked, bindings } = counted();
    await fetchAs(keys, "GET", "/", { bindings });
    advanceClock(5000);
    asked.count = 0;
    await Promise.all(Array.from({ length: 5 }, () => fetchAs(keys, "GET", "/", { bindings })));
    expect(asked.count).toBe(6);
  });

  test("invented ones ask ten times a second at most, and known ones go on", async () => {
    const { keys } = await newAccount();
    const { asked, bindings } = counted();
    expect((await fetchAs(keys, "GET", "/", { bindings })).status).toBe(200);
    vi.useFakeTimers({ toFake: ["Date"], now: Math.ceil(Date.now() / 1000) * 1000 });
    asked.count = 0;
    for (let n = 0; n < 30; n += 1) {
      const answer = await fetchAs(newKeys(), "GET", "/", { bindings });
      await expectError(answer, 403, "InvalidAccessKeyId");
    }
    expect(asked.count).toBe(10);
    expect((await fetchAs(keys, "GET", "/", { bindings })).status).toBe(200);
  });

  test("one with a MAC is no invented one: it works in the midst of a flood", async () => {
    const accessKeyId = newAccessKeyId("AKIA", MASTER_KEY);
    const { keys } = await newAccount({}, { ...newKeys(), accessKeyId });
    const { asked, bindings } = counted();
    vi.useFakeTimers({ toFake: ["Date"], now: Math.ceil(Date.now() / 1000) * 1000 });
    for (let n = 0; n < 11; n += 1) await fetchAs(newKeys(), "GET", "/", { bindings });
    expect(asked.count).toBe(10);
    expect((await fetchAs(keys, "GET", "/", { bindings })).status).toBe(200);
    // The key, its use, and the list of buckets.
    expect(asked.count).toBe(13);
  });

  test("invented ones that sign for IAM ask as seldom", async () => {
    const { asked, bindings } = counted();
    vi.useFakeTimers({ toFake: ["Date"], now: Math.ceil(Date.now() / 1000) * 1000 });
    for (let n = 0; n < 30; n += 1) {
      const answer = await query("ListUsers", {}, { keys: newKeys(), bindings });
      await expectQueryError(answer, 403, "InvalidClientTokenId");
    }
    expect(asked.count).toBe(10);
  });

  test("an unknown one is asked for once a second", async () => {
    const { asked, bindings } = counted();
    const keys = newKeys();
    for (let n = 0; n < 3; n += 1) await fetchAs(keys, "GET", "/", { bindings });
    expect(asked.count).toBe(1);
    advanceClock(1001);
    await putAccount(newId(), { rootKeys: [keys] });
    expect((await fetchAs(keys, "GET", "/", { bindings })).status).toBe(200);
  });
});

describe("a key that was taken away", () => {
  async function takenAway() {
    const { id, keys } = await newAccount();
    const { asked, bindings } = counted();
    expect((await fetchAs(keys, "GET", "/", { bindings })).status).toBe(200);
    expect((await putAccount(id, { rootKeys: [] })).status).toBe(204);
    return { keys, asked, bindings };
  }

  test("ends elsewhere within seconds of being used, as soon as it is asked for again", async () => {
    const { keys, bindings } = await takenAway();
    expect((await fetchAs(keys, "GET", "/", { bindings })).status).toBe(200);
    advanceClock(5000);
    // Still remembered, and asked for in the background.
    expect((await fetchAs(keys, "GET", "/", { bindings })).status).toBe(200);
    await expectError(await fetchAs(keys, "GET", "/", { bindings }), 403, "InvalidAccessKeyId");
  });

  test("ends at the bound where it was not used", async () => {
    const { keys, bindings } = await takenAway();
    advanceClock(60_000);
    await expectError(await fetchAs(keys, "GET", "/", { bindings }), 403, "InvalidAccessKeyId");
  });

  test("makes no bucket that nobody would own", async () => {
    const { id, keys } = await newAccount();
    const { bindings } = counted();
    expect((await fetchAs(keys, "GET", "/", { bindings })).status).toBe(200);
    expect((await signedFetch("DELETE", `/_ledge/accounts/${id}`)).status).toBe(204);
    const path = `/b-${crypto.randomUUID()}`;
    const answer = await fetchAs(keys, "PUT", path, { bindings });
    await expectError(answer, 403, "InvalidAccessKeyId");
    expect((await signedFetch("HEAD", path)).status).toBe(404);
  });

  test("ends at once where nothing is remembered for any time", async () => {
    const { id, keys } = await newAccount();
    const { bindings } = counted();
    const exact = { ...bindings, IDENTITY_MAX_AGE_SECONDS: "0" as "60" };
    expect((await fetchAs(keys, "GET", "/", { bindings: exact })).status).toBe(200);
    expect((await putAccount(id, { rootKeys: [] })).status).toBe(204);
    const answer = await fetchAs(keys, "GET", "/", { bindings: exact });
    await expectError(answer, 403, "InvalidAccessKeyId");
  });
});

describe("while the Directory is down", () => {
  async function rememberedThenDown() {
    const { keys } = await newAccount();
    let isDown = false;
    const { bindings } = counted(() => {
      if (isDown) throw new Error("the Directory was moved: secret detail");
    });
    const name = `b-${crypto.randomUUID()}`;
    expect((await fetchAs(keys, "PUT", `/${name}`, { bindings })).status).toBe(200);
    expect((await fetchAs(keys, "PUT", `/${name}/k`, { bindings, body: "x" })).status).toBe(200);
    isDown = true;
    return { keys, bindings, path: `/${name}/k` };
  }

  test("a remembered key works up to the bound, then nobody can tell, and it is not let in", async () => {
    const { keys, bindings, path } = await rememberedThenDown();
    advanceClock(59_000);
    expect((await fetchAs(keys, "GET", path, { bindings })).status).toBe(200);
    advanceClock(1001);
    await expectError(await fetchAs(keys, "GET", path, { bindings }), 503, "SlowDown");
  });

  test("a key that nobody has seen is SlowDown, which clients repeat, and the root goes on", async () => {
    const { bindings, path } = await rememberedThenDown();
    await expectError(await fetchAs(newKeys(), "GET", path, { bindings }), 503, "SlowDown");
    await expectError(await faultyFetch(bindings, "GET", path), 403, "AccessDenied");
  });

  test("and KV, too, it is no other", async () => {
    const { keys, bindings, path } = await rememberedThenDown();
    const down = () => Promise.reject(new Error("KV is down"));
    const both = {
      ...bindings,
      IDENTITIES: withMethods(env.IDENTITIES, { get: down, put: down, delete: down }),
    };
    await expectError(await fetchAs(keys, "GET", path, { bindings: both }), 503, "SlowDown");
  });
});
