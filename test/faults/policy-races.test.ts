import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { app } from "../../src/http/app.ts";
import { createExecutionContext } from "cloudflare:test";
import { policyText, type PolicyStatement } from "../support/bucket-policy.ts";
import { atRandom } from "../support/campaign.ts";
import { ENDPOINT, putObject, signRequest, uniqueBucket } from "../support/client.ts";
import { withMethods } from "../support/faults.ts";

/** Gateways, each with a memory of its own and without an edge copy. */
const GATEWAYS = 5;
/** Each is two policies, under which every gateway is asked for everything. */
const ROUNDS = atRandom({ test: 10, campaign: 350 });

const OPEN: PolicyStatement = { Action: "s3:*", on: ["", "*"] };
const REQUESTS = [
  { method: "GET", path: "/key" },
  { method: "GET", path: "?list-type=2" },
  { method: "PUT", path: "/key" },
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
