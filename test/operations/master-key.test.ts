import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { fetchAs, newAccount, newId, newKeys } from "../support/accounts.ts";
import { expectError, signedFetch } from "../support/client.ts";
import { faultyEnv, faultyFetch } from "../support/faults.ts";

const { MASTER_KEY: OLD } = env as unknown as { MASTER_KEY: string };
const NEW = Buffer.alloc(32, 9).toString("base64");

/** A gateway that remembers nothing yet, and asks for every request. */
function gateway(secrets: { MASTER_KEY: string; MASTER_KEY_PREVIOUS?: string }): Cloudflare.Env {
  const settings = { ...secrets, IDENTITY_MAX_AGE_SECONDS: "0" };
  return faultyEnv(settings);
}

const sealAnew = (bindings: Cloudflare.Env) =>
  faultyFetch(bindings, "POST", "/_ledge/master-key").then(async (response) => {
    expect(response.status).toBe(200);
    return response.json<{ sealedAnew: number; unreadableKeys: string[] }>();
  });

test("a master key is replaced without a gap, and the old one needed no more once all is sealed anew", async () => {
  const { keys } = await newAccount();
  const status = async (bindings: Cloudflare.Env, signer = keys) =>
    (await fetchAs(signer, "GET", "/", { bindings })).status;
  expect(await status(gateway({ MASTER_KEY: OLD }))).toBe(200);
  // Whatever fails in between, other tests find their keys as they were.
  try {
    const replacing = gateway({ MASTER_KEY: NEW, MASTER_KEY_PREVIOUS: OLD });
    expect(await status(replacing)).toBe(200);
    // What is written while it is replaced needs the new one alone.
    const written = newKeys();
    const body = JSON.stringify({ rootKeys: [written] });
    await faultyFetch(replacing, "PUT", `/_ledge/accounts/${newId()}`, { body });
    expect(await status(gateway({ MASTER_KEY: NEW }), written)).toBe(200);
    expect(await status(gateway({ MASTER_KEY: NEW }))).toBe(500);

    const first = await sealAnew(replacing);
    expect(first.sealedAnew).toBeGreaterThan(0);
    expect(await sealAnew(replacing)).toMatchObject({ sealedAnew: 0 });
    for (const signer of [keys, written])
      expect(await status(gateway({ MASTER_KEY: NEW }), signer)).toBe(200);
    expect(await status(gateway({ MASTER_KEY: OLD }))).toBe(500);
  } finally {
    await sealAnew(gateway({ MASTER_KEY: OLD, MASTER_KEY_PREVIOUS: NEW }));
  }
  expect(await status(gateway({ MASTER_KEY: OLD }))).toBe(200);
});

test("what neither master key opens is named, and stays as it is", async () => {
  const { keys } = await newAccount();
  const other = Buffer.alloc(32, 10).toString("base64");
  const told = await sealAnew(gateway({ MASTER_KEY: other, MASTER_KEY_PREVIOUS: NEW }));
  expect(told.sealedAnew).toBe(0);
  expect(told).toMatchObject({ unreadable: expect.any(Number) });
  expect((await fetchAs(keys, "GET", "/")).status).toBe(200);
});

test("nobody but the deployment's root seals anew", async () => {
  const { keys } = await newAccount();
  await expectError(await fetchAs(keys, "POST", "/_ledge/master-key"), 403, "AccessDenied");
  const without = faultyEnv({ MASTER_KEY: "" } as Partial<Cloudflare.Env>);
  await expectError(
    await faultyFetch(without, "POST", "/_ledge/master-key"),
    501,
    "NotImplemented",
  );
  expect((await signedFetch("POST", "/_ledge/master-key")).status).toBe(200);
});
