import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sdkClient, uniqueBucket } from "../support/sdk.ts";

const run = promisify(execFile);

let npmSettings: Readonly<Record<string, string>>;
let folder: string;
/** Relative to a folder in `folder`: npx takes an absolute path for a program. */
let archive: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "ledge-package-"));
  npmSettings = await makeNpmSettings();
  await run("npm", ["pack", "--silent", "--pack-destination", folder], { env: environment() });
  const names = await readdir(folder);
  archive = `../${names.find((name) => name.endsWith(".tgz")) ?? ""}`;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/**
 * What npm has downloaded for this checkout, workerd above all, it need not download again. But npx must not keep this
 * package, nor find an earlier one.
 */
async function makeNpmSettings() {
  const { stdout } = await run("npm", ["config", "get", "cache"]);
  const cache = path.join(folder, "cache");
  await mkdir(cache);
  await symlink(path.join(stdout.trim(), "_cacache"), path.join(cache, "_cacache"));
  return {
    npm_config_cache: cache,
    npm_config_prefer_offline: "true",
    npm_config_audit: "false",
    npm_config_update_notifier: "false",
  };
}

function environment() {
  return { ...process.env, ...npmSettings };
}

test("the package holds what it runs on, and nothing else", async () => {
  const { stdout } = await run("tar", ["tzf", archive], { cwd: npmSettings["npm_config_cache"] });
  // What several programs need is in files that are named after what they hold.
  const names = new Set(
    stdout
      .trim()
      .replaceAll(/-[0-9A-Z]{8}(?=\.js$)/gm, "-*")
      .split("\n"),
  );
  expect([...names].toSorted()).toEqual([
    "package/LICENSE",
    "package/README.md",
    "package/dist/blob-worker.js",
    "package/dist/check-*.js",
    "package/dist/checkpoint-thread.js",
    "package/dist/chunk-*.js",
    "package/dist/command-*.js",
    "package/dist/commands-*.js",
    "package/dist/deploy-command-*.js",
    "package/dist/key-pair-*.js",
    "package/dist/ledge.js",
    "package/dist/local.js",
    "package/dist/make-accounts-*.js",
    "package/dist/make-buckets-*.js",
    "package/dist/node-runtime-*.js",
    "package/dist/own-certificate-*.js",
    "package/dist/r2.d.ts",
    "package/dist/r2.js",
    "package/dist/testing.cjs",
    "package/dist/testing.d.cts",
    "package/dist/testing.d.ts",
    "package/dist/testing.js",
    "package/dist/worker.js",
    "package/dist/worker.json",
    "package/dist/workerd-runtime-*.js",
    "package/package.json",
  ]);
});

test("npx runs the package in an empty folder, and it keeps its data there", async () => {
  const empty = await mkdtemp(path.join(folder, "empty-"));
  const child = spawn("npx", ["--yes", archive, "serve", "--port", "0"], {
    cwd: empty,
    env: environment(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const ready = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith('{"event":"ready"')) resolve(line);
    });
    void ended.then((code) => reject(new Error(`npx ended (${String(code)})`)));
  });
  const { endpoint }: { endpoint: string } = JSON.parse(await ready);
  const credentials = { accessKeyId: "ledge", secretAccessKey: "ledge-local-secret" };
  const s3 = sdkClient({ endpoint, credentials });
  const Bucket = await uniqueBucket(s3);
  await s3.send(new PutObjectCommand({ Bucket, Key: "key", Body: Buffer.alloc(100_000) }));
  expect(await readdir(empty)).toEqual([".ledge"]);
  child.kill("SIGTERM");
  await ended;
  await expect(fetch(endpoint)).rejects.toThrow("fetch failed");
});

test("a project's tests get startLedge as an ES module and as CommonJS, over HTTPS, too", async () => {
  const project = await mkdtemp(path.join(folder, "project-"));
  await writeFile(path.join(project, "package.json"), "{}");
  await run("npm", ["install", "--no-fund", archive], { cwd: project, env: environment() });
  const use = `startLedge({ args: process.argv.slice(2) }).then(async ({ endpoint, stop }) => {
    const { status } = await fetch(endpoint + "/_ledge/health");
    await stop();
    console.log(status);
  });`;
  await writeFile(
    path.join(project, "test.mjs"),
    `import { startLedge } from "ledge/testing"; ${use}`,
  );
  await writeFile(
    path.join(project, "test.cjs"),
    `const { startLedge } = require("ledge/testing"); ${use}`,
  );
  const env = { ...environment(), NODE_TLS_REJECT_UNAUTHORIZED: "0", NODE_NO_WARNINGS: "1" };
  // The certificate is made by a library that is CommonJS, and requires modules of Node's.
  for (const options of [[], ["--tls"]])
    for (const file of ["test.mjs", "test.cjs"]) {
      const { stdout } = await run("node", [file, ...options], { cwd: project, env });
      expect(stdout, `${file} ${options.join(" ")}`).toBe("200\n");
    }
  const ledge = path.join(project, "node_modules/.bin/ledge");
  const { stdout } = await run(ledge, ["--version"]);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  // Which it does not bring along.
  const onWorkerd = run(ledge, ["serve", "--runtime", "workerd", "--port", "0"], { cwd: project });
  await expect(onWorkerd).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^ledge: --runtime workerd needs .* npm install workerd@1\./),
  });
});
