import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { fetchAs } from "../support/accounts.ts";
import { expectError } from "../support/client.ts";
import { advanceClock, faultyEnv, withMethods } from "../support/faults.ts";
import {
  allowing,
  ANYTHING,
  assumeRole,
  credentialsOf,
  type Home,
  newRole,
  newStage,
  putRolePolicy,
  type Role,
  type SessionKeys,
  trusting,
  type User,
} from "../support/sessions.ts";

let home: Home;
let user: User;
let role: Role;
let bucket: string;
let session: SessionKeys;
beforeAll(async () => {
  ({ home, user, role, bucket } = await newStage());
  session = await credentialsOf(assumeRole(user, role));
});

afterEach(() => {
  vi.useRealTimers();
});

const read = (keys: SessionKeys, bindings = env) =>
  fetchAs(keys, "GET", `/${bucket}/k`, { bindings });

describe("what temporary credentials cost", () => {
  /** A gateway that remembers nothing yet, and counts what it asks. */
  function counted() {
    const asked = { directory: 0, kv: 0 };
    const bindings = faultyEnv({
      DIRECTORY: withMethods(env.DIRECTORY, {
        getByName: (name) => {
          asked.directory += 1;
          return env.DIRECTORY.getByName(name);
        },
      }),
      IDENTITIES: withMethods(env.IDENTITIES, {
        get: ((...given: Parameters<KVNamespace["get"]>) => {
          asked.kv += 1;
          return env.IDENTITIES.get(...given);
        }) as KVNamespace["get"],
      }),
    });
    return { asked, bindings };
  }

  test("is nothing when they are known: no question to the Directory, none to KV", async () => {
    const own = await credentialsOf(assumeRole(user, role, { Policy: allowing("s3:GetObject") }));
    const { asked, bindings } = counted();
    expect((await read(own, bindings)).status).toBe(200);
    asked.directory = 0;
    asked.kv = 0;
    for (let n = 0; n < 5; n += 1) expect((await read(own, bindings)).status).toBe(200);
    expect(asked).toEqual({ directory: 0, kv: 0 });
  });

  test("is one question for all sessions of a role, and one in the background every five seconds", async () => {
    const own = await newRole(home, trusting({ AWS: user.arn }), ANYTHING);
    const sessions = [];
    for (let n = 0; n < 3; n += 1) sessions.push(await credentialsOf(assumeRole(user, own)));
    const { asked, bindings } = counted();
    // The bucket, first.
    await fetchAs(home.keys, "GET", `/${bucket}/k`, { bindings });
    asked.directory = 0;
    for (const each of sessions) expect((await read(each, bindings)).status).toBe(200);
    expect(asked.directory).toBe(1);
    advanceClock(5000);
    asked.directory = 0;
    for (const each of sessions) expect((await read(each, bindings)).status).toBe(200);
    expect(asked.directory).toBe(1);
  });

  test("is nothing for those that somebody invented, or damaged", async () => {
    const { asked, bindings } = counted();
    for (let n = 0; n < 20; n += 1) {
      const wrong = { ...session, sessionToken: `${n}${session.sessionToken}` };
      await expectError(await read(wrong, bindings), 400, "InvalidToken");
      const { accessKeyId, secretAccessKey } = session;
      await fetchAs({ accessKeyId, secretAccessKey }, "GET", `/${bucket}/k`, { bindings });
    }
    expect(asked).toEqual({ directory: 0, kv: 0 });
  });

  test("of a role that is changed elsewhere is seen within seconds of use, and at the bound", async () => {
    const own = await newRole(home, trusting({ AWS: user.arn }), ANYTHING);
    const [used, unused] = [
      await credentialsOf(assumeRole(user, own)),
      await credentialsOf(assumeRole(user, own)),
    ];
    const { bindings } = counted();
    const other = counted();
    expect((await read(used, bindings)).status).toBe(200);
    expect((await read(unused, other.bindings)).status).toBe(200);
    await putRolePolicy(home, own.name, allowing("s3:ListBucket"));
    expect((await read(used, bindings)).status).toBe(200);
    advanceClock(5000);
    // Still as it is remembered, and asked for in the background.
    expect((await read(used, bindings)).status).toBe(200);
    await expectError(await read(used, bindings), 403, "AccessDenied");
    advanceClock(55_000);
    await expectError(await read(unused, other.bindings), 403, "AccessDenied");
  });

  test("while the Directory is down, those that are known work to the bound, and others are SlowDown", async () => {
    let isDown = false;
    const bindings = faultyEnv({
      DIRECTORY: withMethods(env.DIRECTORY, {
        getByName: (name) => {
          if (isDown) throw new Error("the Directory was moved: secret detail");
          return env.DIRECTORY.getByName(name);
        },
      }),
    });
    const own = await newRole(home, trusting({ AWS: user.arn }), ANYTHING);
    const known = await credentialsOf(assumeRole(user, own));
    const fresh = await credentialsOf(
      assumeRole(user, await newRole(home, trusting({ AWS: user.arn }), ANYTHING)),
    );
    expect((await read(known, bindings)).status).toBe(200);
    isDown = true;
    advanceClock(59_000);
    expect((await read(known, bindings)).status).toBe(200);
    await expectError(await read(fresh, bindings), 503, "SlowDown");
    advanceClock(1001);
    await expectError(await read(known, bindings), 503, "SlowDown");
  });
});
