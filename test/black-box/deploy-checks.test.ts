import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { chooseAccount } from "../../cli/deploy/account.ts";
import { CloudflareApi } from "../../cli/deploy/cloudflare-api.ts";
import {
  deployedVars,
  requireKnownSettings,
  wranglerConfiguration,
} from "../../cli/deploy/configuration.ts";
import { readDeployOptions } from "../../cli/deploy/deploy-options.ts";
import { findResources, makeResources, requireOwnBucket } from "../../cli/deploy/resources.ts";
import { newSecrets } from "../../cli/deploy/secrets.ts";
import { smokeTest } from "../../cli/deploy/smoke-test.ts";
import { setZone } from "../../cli/deploy/zone-settings.ts";
import { readManifest } from "../../cli/package-files.ts";
import { ACCOUNT_ID, CloudflareStandIn } from "../support/cloudflare-stand-in.ts";

let cloudflare: CloudflareStandIn;
let api: CloudflareApi;
beforeEach(async () => {
  cloudflare = new CloudflareStandIn();
  await cloudflare.start();
  api = new CloudflareApi({ type: "api_token", token: "token" }, cloudflare.apiBase);
});
afterEach(() => cloudflare.stop());

const place = (name = "ledge") => ({ api, accountId: ACCOUNT_ID, name, jurisdiction: undefined });
const nobody = {
  isInteractive: false,
  confirm: async () => undefined,
  choose: async () => undefined,
};
const ID = "0123456789abcdef0123456789abcdef";

/** As if the Worker were there. */
function uploaded(name: string, bucket: string, vars: Readonly<Record<string, string>> = {}): void {
  const metadata = { compatibility_date: "2026-11-01", keep_bindings: [] };
  const texts = Object.entries(vars).map(([variable, text]) => ({
    name: variable,
    type: "plain_text",
    text,
  }));
  const bindings = [{ name: "BLOBS", type: "r2_bucket", bucket_name: bucket }, ...texts];
  cloudflare.uploaded = { name, script: "", bindings, metadata };
}

/** Throws what `ledge deploy` would say. */
async function check(knownId?: string): Promise<void> {
  await requireOwnBucket(place(), await findResources(place()), knownId);
}

describe("the R2 bucket of a deployment", () => {
  test("is made when it is not there, as is the KV namespace, and once only", async () => {
    await check();
    const id = await makeResources(place(), await findResources(place()), () => undefined);
    const again = await findResources(place());
    expect(again).toMatchObject({ hasBucket: true, namespaceId: id });
    expect(await makeResources(place(), again, () => undefined)).toBe(id);
    expect(cloudflare.changes).toHaveLength(2);
  });

  test("that another installation has marked is refused", async () => {
    cloudflare.stored.set("ledge-blobs", new Map([["_ledge/installation", ID]]));
    await expect(check()).rejects.toThrow(`installation ${ID}`);
    uploaded("ledge", "ledge-blobs");
    await expect(check("f".repeat(32))).rejects.toThrow(`installation ${ID}`);
    await expect(check(ID)).resolves.toBeUndefined();
    expect(cloudflare.changes).toEqual([]);
  });

  test("that holds something else is refused, an empty one is not", async () => {
    cloudflare.stored.set("ledge-blobs", new Map([["holiday.jpg", ""]]));
    await expect(check()).rejects.toThrow("not Ledge's");
    cloudflare.stored.set("ledge-blobs", new Map());
    await expect(check()).resolves.toBeUndefined();
  });

  test("that is gone, or not the Worker's, is refused: it would be served empty", async () => {
    uploaded("ledge", "ledge-blobs");
    await expect(check(ID)).rejects.toThrow("is gone");
    uploaded("ledge", "other-blobs");
    await expect(check()).rejects.toThrow("other-blobs");
  });

  test("that is gone is not made anew for a Worker that is there, by a folder that knows nothing of it", async () => {
    uploaded("ledge", "ledge-blobs");
    await expect(check()).rejects.toThrow("of the Worker ledge, is gone");
    expect(cloudflare.changes).toEqual([]);
  });

  test("is not looked for under another jurisdiction, where an empty one would be made", async () => {
    cloudflare.stored.set("ledge-blobs", new Map([["_ledge/installation", ID]]));
    uploaded("ledge", "ledge-blobs", { JURISDICTION: "eu" });
    await expect(check()).rejects.toThrow("in the jurisdiction eu");
    const european = { ...place(), jurisdiction: "eu" } as const;
    const resources = await findResources(european);
    await expect(requireOwnBucket(european, resources, undefined)).resolves.toBeUndefined();
    uploaded("ledge", "ledge-blobs");
    await expect(requireOwnBucket(european, await findResources(european), ID)).rejects.toThrow(
      "in no jurisdiction",
    );
  });

  test("is not given to another program's Worker of the name, which an update would replace", async () => {
    const metadata = { compatibility_date: "2026-11-01", keep_bindings: [] };
    cloudflare.uploaded = { name: "ledge", script: "", bindings: [], metadata };
    await expect(check()).rejects.toThrow("Another program may have the name");
  });

  test("cannot be without R2, and the address is told where it is enabled", async () => {
    cloudflare.hasR2 = false;
    await expect(findResources(place())).rejects.toThrow(
      `https://dash.cloudflare.com/${ACCOUNT_ID}/r2/overview`,
    );
  });
});

describe("the account", () => {
  const two = [
    { id: ACCOUNT_ID, name: "One" },
    { id: "b".repeat(32), name: "Two" },
  ];

  test("is the only one, or the one that is named", async () => {
    expect(await chooseAccount(api, undefined, nobody)).toMatchObject({ name: "One" });
    cloudflare.accounts = two;
    expect(await chooseAccount(api, "b".repeat(32), nobody)).toMatchObject({ name: "Two" });
  });

  test("has to be named where there are several, and nobody can be asked", async () => {
    cloudflare.accounts = two;
    await expect(chooseAccount(api, undefined, nobody)).rejects.toThrow("--account-id");
    await expect(chooseAccount(api, "c".repeat(32), nobody)).rejects.toThrow("Two");
    const second = { ...nobody, choose: async () => 1 };
    expect(await chooseAccount(api, undefined, second)).toMatchObject({ name: "Two" });
  });

  test("of a token that may list none is the one that is named", async () => {
    cloudflare.accounts = [];
    expect(await chooseAccount(api, ACCOUNT_ID, nobody)).toMatchObject({ id: ACCOUNT_ID });
    await expect(chooseAccount(api, undefined, nobody)).rejects.toThrow("no account");
  });
});

test("an answer that is no list is told as that", async () => {
  cloudflare.accounts = {} as unknown as [];
  await expect(chooseAccount(api, undefined, nobody)).rejects.toThrow(
    "asked to list your accounts, and its answer is no list",
  );
});

test("an API that does not answer is asked again only for what changes nothing", async () => {
  cloudflare.breaksAt = /./;
  await expect(api.call("/user", { what: "ask" })).rejects.toThrow("Run the same command again");
  await expect(api.call("/zones", { what: "ask", method: "POST" })).rejects.toThrow("again");
  expect(cloudflare.requests.map(({ method }) => method)).toEqual(["GET", "GET", "GET", "POST"]);
});

test("a zone gets the rules for the host once, beside those that it has", async () => {
  cloudflare.rules.set("http_response_compression", [{ description: "the user's own" }]);
  const told = await setZone(api, "s3.example.com");
  expect(told.at(-1)).toContain("By hand");
  expect([...cloudflare.rules.keys()].toSorted()).toEqual([
    "http_config_settings",
    "http_request_firewall_custom",
    "http_response_compression",
  ]);
  expect(cloudflare.rules.get("http_response_compression")).toHaveLength(2);
  expect(JSON.stringify([...cloudflare.rules])).toContain("s3.example.com");
  await setZone(api, "s3.example.com");
  expect(cloudflare.rules.get("http_response_compression")).toHaveLength(2);
  expect(await setZone(api, "s3.elsewhere.org")).toEqual([
    "No zone of this login has the host s3.elsewhere.org.",
  ]);
});

describe("the smoke test", () => {
  test("goes through on a server that works, and leaves nothing", async () => {
    const { endpoint, credentials: keys } = inject("ledge");
    const steps = await smokeTest({ endpoint, region: "us-east-1", keys }, 0);
    expect(steps.map(({ name }) => name)).toEqual([
      "It answers",
      "A request without a signature is refused",
      "CreateBucket",
      "PutObject",
      "GetObject",
      "GetObject, a range",
      "ListObjectsV2",
      "PutObject, only if there is none",
      "DeleteObject",
      "DeleteBucket",
    ]);
  });

  test("says which step went wrong, and what was answered", async () => {
    const { endpoint } = inject("ledge");
    const keys = { accessKeyId: "ledge", secretAccessKey: "wrong" };
    await expect(smokeTest({ endpoint, region: "us-east-1", keys }, 0)).rejects.toThrow(
      /^CreateBucket: the answer was 403, not 200\. The request signature/,
    );
  });

  test("waits for a server that is not there yet", async () => {
    let asked = 0;
    const server = createServer((request, response) => {
      asked += 1;
      const isUp = asked > 2;
      response.writeHead(isUp ? (request.url === "/_ledge/health" ? 200 : 403) : 404).end();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const target = { endpoint, region: "us-east-1", keys: undefined };
    await expect(smokeTest(target, 0)).rejects.toThrow("It answers: the answer was 404");
    expect(await smokeTest(target, 50)).toHaveLength(2);
    server.close();
  });
});

test.for([
  { args: ["--name", "Ledge"], says: "--name" },
  { args: ["--domain", "localhost"], says: "--domain" },
  { args: ["--account-id", "me"], says: "--account-id" },
  { args: ["--jurisdiction", "ch"], says: "eu, fedramp, us" },
  { args: ["--endpoint", "https://s3.example.com/path"], says: "--endpoint" },
  { args: ["--var", "REGION"], says: "NAME:VALUE" },
  { args: ["--queue", "=x"], says: "NAME=VALUE" },
  { args: ["--force"], says: "--force" },
  { args: ["now"], says: "now" },
])("options that there are not are told by name: $args", ({ args, says }) => {
  expect(() => readDeployOptions(args)).toThrow(says);
});

test("Wrangler is given a complete configuration, made from wrangler.toml", () => {
  const { configuration, vars: defaults } = readManifest();
  const file = {
    name: "ledge-eu",
    accountId: ACCOUNT_ID,
    bucket: "ledge-eu-blobs",
    namespaceId: ID,
    jurisdiction: "eu",
    domain: "s3.example.com",
    hasAnalytics: true,
    queues: { EVENTS: "events" },
    vars: { INDEX_SHARDS: "4" },
  } as const;
  const vars = deployedVars(defaults, file);
  const made = wranglerConfiguration(configuration, file, vars);
  expect(made).toMatchObject({
    name: "ledge-eu",
    main: "worker.js",
    no_bundle: true,
    account_id: ACCOUNT_ID,
    workers_dev: false,
    r2_buckets: [{ binding: "BLOBS", bucket_name: "ledge-eu-blobs", jurisdiction: "eu" }],
    kv_namespaces: [{ binding: "IDENTITIES", id: ID }],
    queues: { producers: [{ binding: "EVENTS", queue: "events" }] },
    analytics_engine_datasets: [{ binding: "ANALYTICS", dataset: "ledge_eu" }],
    routes: [{ pattern: "s3.example.com", custom_domain: true }],
    vars: { JURISDICTION: "eu", BLOBS_BUCKET: "ledge-eu-blobs", INDEX_SHARDS: "4" },
  });
  expect(Object.keys(made)).toEqual(expect.arrayContaining(Object.keys(configuration)));
  expect(Object.keys(vars).toSorted()).toEqual(Object.keys(defaults).toSorted());
  const bad = (name: string, value: string) => () =>
    deployedVars(defaults, { ...file, vars: { [name]: value } });
  expect(bad("INDEX_SHARDS", "3")).toThrow("INDEX_SHARDS");
  expect(bad("LOCAL", "true")).toThrow("LOCAL is no setting");
});

test("an update from a folder without the file of the deployment puts no setting back unsaid", async () => {
  uploaded("ledge", "ledge-blobs", { REGION: "eu-west-1", BLOCK_PUBLIC_ACCESS: "true", OLD: "1" });
  const { worker } = await findResources(place());
  const planned = { REGION: "us-east-1", BLOCK_PUBLIC_ACCESS: "false", INDEX_SHARDS: "1" };
  const update = (given: Readonly<Record<string, string>>) => () =>
    requireKnownSettings(worker?.vars ?? {}, { ...planned, ...given }, given);
  expect(update({})).toThrow('--var REGION:"eu-west-1" --var BLOCK_PUBLIC_ACCESS:"true"');
  expect(update({ REGION: "us-east-1" })).toThrow("BLOCK_PUBLIC_ACCESS");
  expect(update({ REGION: "us-east-1", BLOCK_PUBLIC_ACCESS: "true" })).not.toThrow();
});

test("no class of Durable Objects is ever deleted or renamed: its data would go", () => {
  const { configuration } = readManifest();
  expect(configuration["migrations"]).toBeUndefined();
  const stored = { type: "durable-object", storage: "sqlite" };
  expect(configuration["exports"]).toMatchObject({
    BucketIndexObject: stored,
    DirectoryObject: stored,
  });
});

test("keys that are made are as long as AWS's, and never the same", () => {
  const made = Array.from({ length: 50 }, newSecrets);
  for (const name of ["ROOT_ACCESS_KEY_ID", "ROOT_SECRET_ACCESS_KEY", "MASTER_KEY"] as const)
    expect(new Set(made.map((each) => each[name])).size).toBe(50);
  for (const { ROOT_ACCESS_KEY_ID, ROOT_SECRET_ACCESS_KEY } of made) {
    expect(ROOT_ACCESS_KEY_ID).toMatch(/^[A-Z2-7]{20}$/);
    expect(ROOT_SECRET_ACCESS_KEY).toMatch(/^[\w-]{40}$/);
  }
});
