import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { app } from "../../src/http/app.ts";
import { createExecutionContext } from "cloudflare:test";
import { putPolicy } from "../support/bucket-policy.ts";
import { policyText, type PolicyStatement } from "../support/policy-text.ts";
import { atRandom } from "../support/campaign.ts";
import {
  ENDPOINT,
  expectError,
  putObject,
  signedFetch,
  signRequest,
  uniqueBucket,
} from "../support/client.ts";
import { blobsIn, withMethods } from "../support/faults.ts";

/** Gateways, each with a memory of its own and without an edge copy. */
const GATEWAYS = 5;
/** Each is two policies, under which every gateway is asked for everything. */
const ROUNDS = atRandom({ test: 10, campaign: 350 });

const OPEN: PolicyStatement = { Action: "s3:*", on: ["", "*"] };
const REQUESTS = [
  { method: "GET", path: "/key" },
  { method: "GET", path: "?list-type=2" },
  // What a stranger puts is the stranger's, and no policy of the bucket's lets anybody read it.
  { method: "PUT", path: "/theirs" },
] as const;

const gateways = Array.from({ length: GATEWAYS }, () => {
  const { IDENTITIES: _copy, ...bindings } = env;
  // What is remembered is remembered by the binding.
  return { ...bindings, DIRECTORY: withMethods(env.DIRECTORY, {}) } as unknown as Cloudflare.Env;
});

function send(gateway: Cloudflare.Env, request: Request): Promise<Response> {
  return Promise.resolve(app.fetch(request, gateway, createExecutionContext()));
}

/** Asks every gateway for everything, anonymously, and answers the statuses. */
async function askAll(bucket: string): Promise<number[]> {
  const asked = gateways.flatMap((gateway) =>
    REQUESTS.map(async ({ method, path }) => {
      const request = new Request(`${ENDPOINT}/${bucket}${path}`, { method });
      if (method === "PUT") request.headers.set("content-length", "0");
      const response = await send(gateway, request);
      await response.arrayBuffer();
      return response.status;
    }),
  );
  return Promise.all(asked);
}

/** A gateway that remembers the bucket as it is now. */
async function gatewayThatKnows(bucket: string): Promise<Cloudflare.Env> {
  const [gateway = env] = gateways;
  await send(gateway, await signRequest("GET", `/${bucket}`));
  return gateway;
}

const DENY = { ...OPEN, Effect: "Deny" } as const;

describe("a gateway that has not heard of the bucket's first policy yet", () => {
  test("decides by it what its owner's root sends, once, and answers", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "open", "o");
    await putObject(bucket, "secret", "s", { "x-amz-tagging": "kind=secret" });
    const secret = { StringEquals: { "s3:ExistingObjectTag/kind": "secret" } };
    const ask = async (gateway: Cloudflare.Env, method: string, path: string, body?: string) => {
      const query = path === "" ? { delete: "" } : undefined;
      const init = { ...(query && { query }), ...(body !== undefined && { body }) };
      const response = await send(gateway, await signRequest(method, `/${bucket}${path}`, init));
      return { status: response.status, document: await response.text() };
    };
    const forget = () => signedFetch("DELETE", `/${bucket}`, { query: { policy: "" } });

    for (const { path, status } of [
      { path: "/secret", status: 403 },
      { path: "/open", status: 200 },
    ]) {
      await forget();
      const gateway = await gatewayThatKnows(bucket);
      await putPolicy(bucket, { ...DENY, Action: "s3:GetObject", Condition: secret });
      expect((await ask(gateway, "GET", path)).status).toBe(status);
    }
    await forget();
    const writer = await gatewayThatKnows(bucket);
    await putPolicy(bucket, { ...DENY, Action: "s3:DeleteObject", on: ["kept"] });
    expect((await ask(writer, "PUT", "/kept", "k")).status).toBe(200);
    const deletes = (key: string) => `<Delete><Object><Key>${key}</Key></Object></Delete>`;
    await forget();
    const deleter = await gatewayThatKnows(bucket);
    await putPolicy(bucket, { ...DENY, Action: "s3:DeleteObject", on: ["kept"] });
    // Its body is spent: whoever repeats it is answered.
    expect((await ask(deleter, "POST", "", deletes("kept"))).document).toContain("SlowDown");
    expect((await ask(deleter, "POST", "", deletes("kept"))).document).toContain("AccessDenied");
    await forget();
    const other = await gatewayThatKnows(bucket);
    await putPolicy(bucket, { ...DENY, Action: "s3:DeleteObject", on: ["kept"] });
    expect((await ask(other, "POST", "", deletes("open"))).document).toContain("<Deleted>");
  });
});

test("an upload whose policy is taken away while its body comes is refused, and leaves nothing", async () => {
  const bucket = await uniqueBucket();
  await putPolicy(bucket, OPEN);
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const half = new Uint8Array(32 * 1024);
  const request = new Request(`${ENDPOINT}/${bucket}/key`, { method: "PUT", body: readable });
  request.headers.set("content-length", String(2 * half.length));
  const answer = send(env, request);
  await writer.write(half);
  await signedFetch("DELETE", `/${bucket}`, { query: { policy: "" } });
  await writer.write(half);
  await writer.close();
  await expectError(await answer, 403, "AccessDenied");
  expect(await blobsIn(bucket)).toEqual([]);
  await expectError(await signedFetch("GET", `/${bucket}/key`), 404, "NoSuchKey");
});

test(
  `no gateway decides under an old policy once the new one is answered: ${2 * ROUNDS * GATEWAYS * REQUESTS.length} requests behind it`,
  { timeout: 600_000 },
  async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "key", "text");
    const isStale: unknown[] = [];
    for (let round = 0; round < 2 * ROUNDS; round += 1) {
      const isOpen = round % 2 === 0;
      const statement = isOpen ? OPEN : ({ ...OPEN, Principal: { AWS: "222222222222" } } as const);
      const put = await signRequest("PUT", `/${bucket}`, {
        query: { policy: "" },
        body: policyText(bucket, [statement]),
      });
      // While it is put, either may hold.
      const meanwhile = askAll(bucket);
      const [gateway = env] = gateways.slice(round % GATEWAYS);
      const answer = await send(gateway, put);
      expect(answer.status, await answer.text()).toBe(204);
      const statuses = await askAll(bucket);
      await meanwhile;
      if (statuses.some((status) => status !== (isOpen ? 200 : 403)))
        isStale.push({ round, statuses });
    }
    expect(isStale).toEqual([]);
  },
);
