import { env } from "cloudflare:workers";
import { parseEnv } from "node:util";
import { describe, expect, test } from "vitest";
import example from "../../.dev.vars.example?raw";
import wranglerToml from "../../wrangler.toml?raw";
import type { DirectoryObject } from "../../src/storage/directory-object/durable-object.ts";
import { expectError, signRequest } from "../support/client.ts";
import { faultyAnswer, withMethods } from "../support/faults.ts";

const MARK = "_ledge/installation";
/** Random to a deployment: only the local server's own are published. */
const SECRETS = {
  ROOT_ACCESS_KEY_ID: "deployed",
  ROOT_SECRET_ACCESS_KEY: "secret-of-one",
  MASTER_KEY: "b25lLW9uZS1vbmUtb25lLW9uZS1vbmUtb25lLW9uZS0=",
};

const directoryOf = (name: string) => env.DIRECTORY.getByName(name);

/** As on Cloudflare: a Directory and a bucket of its own, and nothing that says it is local. */
function deployed(
  { directory, bucket }: { directory: string; bucket: string },
  replaced: object = {},
): Cloudflare.Env {
  const { LOCAL: _, ...rest } = env as Cloudflare.Env & { LOCAL?: string };
  return {
    ...rest,
    ...SECRETS,
    BLOBS: withMethods(env.BLOBS, {
      get: (key: string) => env.BLOBS.get(`${bucket}/${key}`),
      put: ((key: string, ...more: [string, R2PutOptions]) =>
        env.BLOBS.put(`${bucket}/${key}`, ...more)) as R2Bucket["put"],
    }),
    DIRECTORY: withMethods(env.DIRECTORY, { getByName: () => directoryOf(directory) }),
    ...replaced,
  };
}

/** Unsigned: what the guard lets through is refused by another sentence. */
async function ask(environment: Cloudflare.Env): Promise<"passed" | "refused"> {
  const response = await faultyAnswer(
    environment,
    new Request("https://s3.example.com/", { headers: { host: "s3.example.com" } }),
  );
  const document = await response.text();
  if (response.status === 403 && document.includes("<Message>Access Denied</Message>"))
    return "passed";
  expect(response.status).toBe(503);
  expect(document).toContain("ledge-blobs");
  return "refused";
}

const fresh = () => ({ directory: crypto.randomUUID(), bucket: crypto.randomUUID() });
const markOf = async (bucket: string) => (await env.BLOBS.get(`${bucket}/${MARK}`))?.text();
const stamp = 2 * 2 ** 40;

describe("a Directory and its R2 bucket", () => {
  test("get one id at the first request, which later isolates find", async () => {
    const place = fresh();
    expect(await ask(deployed(place))).toBe("passed");
    const mark = await markOf(place.bucket);
    expect(mark).toMatch(/^[0-9a-f]{32}$/);
    expect(await ask(deployed(place))).toBe("passed");
    expect(await markOf(place.bucket)).toBe(mark);
    expect(await directoryOf(place.directory).claimInstallation(stamp, undefined)).toEqual({
      value: { id: mark, isConfirmed: true },
    });
  });

  test("get one id, however many isolates come at once", async () => {
    const place = fresh();
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => ask(deployed(place))));
    expect(new Set(outcomes)).toEqual(new Set(["passed"]));
  });

  test("are looked at once by each isolate", async () => {
    const place = fresh();
    let looks = 0;
    const environment = deployed(place);
    const { BLOBS } = environment;
    const counted = { ...environment, BLOBS: withMethods(BLOBS, { get: count }) };
    function count(key: string) {
      looks += 1;
      return BLOBS.get(key);
    }
    for (let i = 0; i < 3; i += 1) expect(await ask(counted)).toBe("passed");
    // Before it is made, and after.
    expect(looks).toBe(2);
  });

  test.for([
    { wrong: "another's bucket", place: (a: Place, b: Place) => ({ ...a, bucket: b.bucket }) },
    { wrong: "an empty bucket", place: (a: Place) => ({ ...a, bucket: fresh().bucket }) },
    { wrong: "no Directory", place: (a: Place) => ({ ...a, directory: fresh().directory }) },
  ])("are refused with $wrong, and nothing is written to either", async ({ place }) => {
    const [one, other] = [fresh(), fresh()];
    for (const each of [one, other]) expect(await ask(deployed(each))).toBe("passed");
    const misbound = place(one, other);
    const before = await markOf(misbound.bucket);
    expect(await ask(deployed(misbound))).toBe("refused");
    expect(await markOf(misbound.bucket)).toBe(before);
    for (const each of [one, other]) expect(await ask(deployed(each))).toBe("passed");
  });

  test("of two deployments that are given one bucket at once, one has it", async () => {
    const { bucket } = fresh();
    const both = [
      { ...fresh(), bucket },
      { ...fresh(), bucket },
    ];
    const outcomes = await Promise.all(both.map((each) => ask(deployed(each))));
    expect(outcomes.toSorted()).toEqual(["passed", "refused"]);
    expect(await Promise.all(both.map((each) => ask(deployed(each))))).toEqual(outcomes);
  });

  test.for(["claimed", "marked"] as const)(
    "are gone on with when the first isolate died once the id was %s",
    async (died) => {
      const place = fresh();
      const id = "0123456789abcdef0123456789abcdef";
      await directoryOf(place.directory).claimInstallation(stamp, id);
      if (died === "marked") await env.BLOBS.put(`${place.bucket}/${MARK}`, id);
      expect(await ask(deployed(place))).toBe("passed");
      expect(await markOf(place.bucket)).toBe(id);
    },
  );

  test("are asked for again after R2 failed", async () => {
    const place = fresh();
    let isDown = true;
    const environment = deployed(place);
    const { BLOBS } = environment;
    const get = (key: string) =>
      isDown ? Promise.reject(new Error("R2 is away")) : BLOBS.get(key);
    const failing = { ...environment, BLOBS: withMethods(BLOBS, { get }) };
    const request = () => faultyAnswer(failing, new Request("https://s3.example.com/"));
    await expectError(await request(), 500, "InternalError");
    isDown = false;
    expect(await ask(failing)).toBe("passed");
  });

  test("are not asked for of a Directory that runs the code of before", async () => {
    const before = withMethods<object>(directoryOf(crypto.randomUUID()), {
      claimInstallation() {
        throw new TypeError('The RPC receiver does not implement the method "claimInstallation".');
      },
    }) as DurableObjectStub<DirectoryObject>;
    const DIRECTORY = withMethods(env.DIRECTORY, { getByName: () => before });
    expect(await ask(deployed(fresh(), { DIRECTORY }))).toBe("passed");
  });
});

type Place = ReturnType<typeof fresh>;

describe("a deployment with credentials that anybody knows", () => {
  const placeholders = parseEnv(example) as Readonly<Record<string, string>>;

  test.for([
    { name: "none", secrets: { ROOT_SECRET_ACCESS_KEY: "" } },
    {
      name: "those of `ledge serve`",
      secrets: { ROOT_ACCESS_KEY_ID: "ledge", ROOT_SECRET_ACCESS_KEY: "ledge-local-secret" },
    },
    { name: "those of .dev.vars.example", secrets: placeholders },
    { name: "its MASTER_KEY", secrets: { MASTER_KEY: placeholders["MASTER_KEY"] } },
    {
      name: "a previous one",
      secrets: {
        ROOT_ACCESS_KEY_ID_PREVIOUS: "minioadmin",
        ROOT_SECRET_ACCESS_KEY_PREVIOUS: "minioadmin",
      },
    },
  ])("refuses whoever signs with them, and whoever does not: $name", async ({ secrets }) => {
    const place = fresh();
    const environment = deployed(place, secrets);
    const signed = await signRequest("GET", "/", { endpoint: "https://s3.example.com" });
    for (const request of [signed, new Request("https://s3.example.com/bucket/key")]) {
      const response = await faultyAnswer(environment, request);
      const document = await expectError(response, 403, "AccessDenied");
      expect(document).toContain("ledge deploy");
    }
    expect(await markOf(place.bucket)).toBeUndefined();
  });

  test("is what `.dev.vars.example` alone would make", () => {
    expect(Object.keys(placeholders)).toEqual([
      "ROOT_ACCESS_KEY_ID",
      "ROOT_SECRET_ACCESS_KEY",
      "MASTER_KEY",
    ]);
  });
});

test("nothing but the app, which has an answer for it, uses a deployment that may not be safe", () => {
  const sources = import.meta.glob<string>("../../src/**/*.ts", {
    query: "?raw",
    import: "default",
    eager: true,
  });
  const users = Object.entries(sources).filter(([, text]) => /\bdeploymentOf\(/.test(text));
  expect(users.map(([file]) => file.replace("../../", "")).toSorted()).toEqual([
    "src/http/app.ts",
    "src/http/deployment.ts",
  ]);
});

test("wrangler.toml names its R2 bucket to the Worker, and says nothing of LOCAL", () => {
  const [, told] = /^BLOBS_BUCKET = "(.*)"$/m.exec(wranglerToml) ?? [];
  const [, bound] = /^bucket_name = "(.*)"$/m.exec(wranglerToml) ?? [];
  expect(told).toBe(bound);
  expect(wranglerToml).not.toMatch(/^LOCAL\b/m);
});
