import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { IS_CAMPAIGN } from "../support/campaign.ts";
import { ACCOUNT_ID, CloudflareStandIn } from "../support/cloudflare-stand-in.ts";

import type { UploadedWorker } from "../support/deployed-worker.ts";

const project = path.resolve(import.meta.dirname, "../..");

// Wrangler takes seconds, of a machine that does nothing else.
vi.setConfig({ testTimeout: 300_000 });

let cloudflare: CloudflareStandIn;
let running: ChildProcess | undefined;
/** Where the command runs. */
let folder: string;
/** Of temporary files: nothing may be left there. */
let temporary: string;
beforeEach(async () => {
  cloudflare = new CloudflareStandIn();
  await cloudflare.start();
  folder = mkdtempSync(path.join(tmpdir(), "ledge-deploy-test-"));
  temporary = mkdtempSync(path.join(tmpdir(), "ledge-deploy-tmp-"));
});
afterEach(async () => {
  // Of a test that gave up: Wrangler would go on.
  if (running?.exitCode === null && running.pid !== undefined)
    process.kill(-running.pid, "SIGKILL");
  await cloudflare.stop();
  for (const each of [folder, temporary]) rmSync(each, { recursive: true, force: true });
});

interface Run {
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
}

/** `ledge deploy`, with the real Wrangler, against the stand-in. */
function ledgeDeploy(args: readonly string[], env: object = {}): Promise<Run> {
  return startDeploy(args, env).ended;
}

function startDeploy(args: readonly string[], env: object = {}) {
  const child = spawn(process.execPath, [path.join(project, "cli/ledge.ts"), "deploy", ...args], {
    cwd: folder,
    // A terminal's Ctrl-C goes to all of a process group.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      TMPDIR: temporary,
      CLOUDFLARE_API_BASE_URL: cloudflare.apiBase,
      CLOUDFLARE_API_TOKEN: "token",
      WRANGLER_LOG_PATH: path.join(folder, "wrangler-logs"),
      NODE_DISABLE_COMPILE_CACHE: "1",
      NO_COLOR: "1",
      FORCE_COLOR: "0",
      ...env,
    },
  });
  running = child;
  return { child, ended: endOf(child) };
}

async function endOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<Run> {
  const closed = once(child, "close");
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  return { exitCode: child.exitCode ?? -1, output, errors };
}

const deployFile = (name = "ledge") =>
  JSON.parse(readFileSync(path.join(folder, `${name}.deploy.json`), "utf8")) as unknown;
const keysIn = (output: string) => ({
  AWS_ACCESS_KEY_ID: /AWS_ACCESS_KEY_ID=(\S+)/.exec(output)?.[1] ?? "",
  AWS_SECRET_ACCESS_KEY: /AWS_SECRET_ACCESS_KEY=(\S+)/.exec(output)?.[1] ?? "",
});
const secretsOf = (worker: UploadedWorker | undefined) =>
  new Map(
    worker?.bindings
      .filter(({ type }) => type === "secret_text")
      .map((each) => [each.name, each.text]),
  );

/** Everything under a folder, Wrangler's own logs included. */
function textUnder(place: string): string {
  const entries = readdirSync(place, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((file) => readFileSync(path.join(file.parentPath, file.name), "utf8")).join("");
}

/** But for what Wrangler keeps to know whether there is a newer one. */
const leftBehind = () => readdirSync(temporary).filter((name) => name !== "update-check");

async function firstDeployment(...args: readonly string[]): Promise<Run> {
  const run = await ledgeDeploy(["--yes", "--endpoint", cloudflare.endpoint, ...args]);
  expect({ exitCode: run.exitCode, errors: run.errors }).toEqual({ exitCode: 0, errors: "" });
  return run;
}

test("a first deployment makes what it needs, works, and tells its keys once", async () => {
  const { output } = await firstDeployment();
  const script = `/accounts/${ACCOUNT_ID}/workers/scripts/ledge`;
  expect(cloudflare.changes).toEqual([
    `POST /accounts/${ACCOUNT_ID}/r2/buckets`,
    `POST /accounts/${ACCOUNT_ID}/storage/kv/namespaces`,
    `PUT ${script}`,
    `POST ${script}/subdomain`,
  ]);
  // The real Worker has served the real requests, and has marked its bucket.
  for (const step of ["CreateBucket", "GetObject, a range", "DeleteBucket"])
    expect(output).toMatch(new RegExp(`${step} +\\d+ ms`));
  const secrets = secretsOf(cloudflare.uploaded);
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = keysIn(output);
  expect(AWS_ACCESS_KEY_ID).toMatch(/^LG[A-Z2-7]{18}$/);
  expect(AWS_SECRET_ACCESS_KEY).toMatch(/^[\w-]{40}$/);
  expect(secrets).toEqual(
    new Map([
      ["ROOT_ACCESS_KEY_ID", AWS_ACCESS_KEY_ID],
      ["ROOT_SECRET_ACCESS_KEY", AWS_SECRET_ACCESS_KEY],
      ["MASTER_KEY", expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/)],
    ]),
  );
  // The secret is told once, and nowhere else: in no file, and no log of Wrangler's.
  for (const secret of [AWS_SECRET_ACCESS_KEY, secrets.get("MASTER_KEY") ?? ""]) {
    expect(output.split(secret)).toHaveLength(2);
    expect(textUnder(folder)).not.toContain(secret);
  }
  expect(leftBehind()).toEqual([]);
  expect(deployFile()).toEqual({
    name: "ledge",
    accountId: ACCOUNT_ID,
    bucket: "ledge-blobs",
    namespaceId: cloudflare.namespaces.get("ledge-identities"),
    endpoint: cloudflare.endpoint,
    queues: {},
    vars: {},
    installationId: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  const bound = new Map(cloudflare.uploaded?.bindings.map((each) => [each.name, each]));
  expect(bound.get("BLOBS")).toMatchObject({ type: "r2_bucket", bucket_name: "ledge-blobs" });
  expect(bound.get("BLOBS_BUCKET")?.text).toBe("ledge-blobs");
  expect(bound.get("LOCAL")).toBeUndefined();
});

// Each takes the real Wrangler for seconds: `npm run campaign`.
describe.runIf(IS_CAMPAIGN)("on and on", () => {
  test("an update brings code, leaves the secrets, and needs to be told nothing", async () => {
    const first = await firstDeployment();
    const secrets = secretsOf(cloudflare.uploaded);
    cloudflare.requests.length = 0;
    const again = await ledgeDeploy(["--yes"]);
    expect(again.errors).toContain("--update");
    expect(again.exitCode).toBe(2);
    const update = await ledgeDeploy(["--yes", "--update"], keysIn(first.output));
    expect({ exitCode: update.exitCode, errors: update.errors }).toEqual({
      exitCode: 0,
      errors: "",
    });
    expect(secretsOf(cloudflare.uploaded)).toEqual(secrets);
    expect(cloudflare.changes.filter((each) => each.startsWith("PUT"))).toHaveLength(1);
    const upload = cloudflare.requests.find(({ method }) => method === "PUT");
    for (const [, secret = ""] of secrets) expect(upload?.body).not.toContain(secret);
    expect(update.output).toMatch(/DeleteBucket +\d+ ms/);
    expect(update.output).not.toContain("AWS_SECRET_ACCESS_KEY=");
  });

  test("an update without keys tries what needs none, and says so", async () => {
    await firstDeployment();
    const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...env } = process.env;
    const update = await ledgeDeploy(["--yes", "--update"], env);
    expect(update.errors).toBe("");
    expect(update.output).toContain("No more was tried");
  });

  test("a dry run makes nothing, neither there nor here", async () => {
    const { exitCode, output } = await ledgeDeploy(["--dry-run"]);
    expect(exitCode).toBe(0);
    expect(output).toContain("ledge-blobs, will be made");
    expect(output).toContain("Nothing was made.");
    expect(cloudflare.changes).toEqual([]);
    expect(readdirSync(folder).filter((name) => name !== "wrangler-logs")).toEqual([]);
    expect(leftBehind()).toEqual([]);
  });

  test.for([
    { at: "the bucket", breaksAt: /^POST .*\/r2\/buckets/ },
    { at: "the namespace", breaksAt: /^POST .*\/kv\/namespaces/ },
    { at: "the upload", breaksAt: /^PUT .*\/workers\/scripts\// },
    { at: "the address", breaksAt: /^POST .*\/subdomain/ },
  ])(
    "after a network that broke at $at, the same command once more does it",
    async ({ breaksAt }) => {
      cloudflare.breaksAt = breaksAt;
      const broken = await ledgeDeploy(["--yes", "--endpoint", cloudflare.endpoint]);
      expect(broken.exitCode).toBe(2);
      expect(broken.errors).toContain("same command again");
      expect(leftBehind()).toEqual([]);
      cloudflare.breaksAt = undefined;
      const { output } = await firstDeployment();
      expect(secretsOf(cloudflare.uploaded).get("ROOT_SECRET_ACCESS_KEY")).toBe(
        keysIn(output).AWS_SECRET_ACCESS_KEY,
      );
      expect(cloudflare.buckets).toEqual(new Set(["ledge-blobs"]));
      expect([...cloudflare.namespaces.keys()]).toEqual(["ledge-identities"]);
    },
  );

  test("a second environment has its own of everything", async () => {
    await firstDeployment("--name", "ledge-staging", "--var", "INDEX_SHARDS:4", "--analytics");
    expect(cloudflare.uploaded?.name).toBe("ledge-staging");
    expect(cloudflare.buckets).toEqual(new Set(["ledge-staging-blobs"]));
    const bound = new Map(cloudflare.uploaded?.bindings.map((each) => [each.name, each]));
    expect(bound.get("INDEX_SHARDS")?.text).toBe("4");
    expect(bound.get("ANALYTICS")).toMatchObject({ type: "analytics_engine" });
    expect(deployFile("ledge-staging")).toMatchObject({ vars: { INDEX_SHARDS: "4" } });
  });

  test("an update from another folder keeps queues, data points, and hosts", async () => {
    const { output } = await firstDeployment(
      ...["--domain", "s3.example.com", "--queue", "ORDERS=orders", "--analytics"],
    );
    expect(cloudflare.domains).toEqual(["s3.example.com"]);
    rmSync(path.join(folder, "ledge.deploy.json"));
    const args = ["--yes", "--update", "--endpoint", cloudflare.endpoint];
    const update = await ledgeDeploy(args, keysIn(output));
    expect({ exitCode: update.exitCode, errors: update.errors }).toEqual({
      exitCode: 0,
      errors: "",
    });
    expect(cloudflare.domains).toEqual(["s3.example.com"]);
    const bound = new Map(cloudflare.uploaded?.bindings.map((each) => [each.name, each]));
    expect(bound.get("ORDERS")).toMatchObject({ type: "queue", queue_name: "orders" });
    expect(bound.get("ANALYTICS")).toMatchObject({ type: "analytics_engine" });
    expect(deployFile()).toMatchObject({
      domain: "s3.example.com",
      hasAnalytics: true,
      queues: { ORDERS: "orders" },
    });
  });

  test("its own host of a zone is asked for as a Custom Domain", async () => {
    await firstDeployment("--domain", "s3.example.com", "--zone-settings");
    const domains = cloudflare.requests.find(({ path }) => path.endsWith("/domains/records"));
    expect(domains?.body).toContain("s3.example.com");
    expect(deployFile()).toMatchObject({ domain: "s3.example.com" });
  });

  test("Ctrl-C leaves no secret behind, and the next run makes new ones", async () => {
    cloudflare.hangsAt = /^PUT .*\/workers\/scripts\//;
    const { child, ended } = startDeploy(["--yes", "--endpoint", cloudflare.endpoint]);
    await cloudflare.hanging;
    expect(textUnder(temporary)).toContain("ROOT_SECRET_ACCESS_KEY");
    process.kill(-(child.pid ?? 0), "SIGINT");
    await ended;
    expect(leftBehind()).toEqual([]);
    expect(deployFile()).toMatchObject({ isUnfinished: true });
  });

  test("without a login it says how, and makes nothing", async () => {
    const { exitCode, errors } = await ledgeDeploy(["--yes"], {
      CLOUDFLARE_API_TOKEN: "",
      HOME: folder,
      XDG_CONFIG_HOME: folder,
    });
    expect(exitCode).toBe(2);
    expect(errors).toContain("wrangler login");
    expect(cloudflare.requests).toEqual([]);
  });
});
