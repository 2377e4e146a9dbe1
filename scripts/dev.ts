/**
 * `npm run dev`: the Worker under `wrangler dev`, which stands in for R2, KV and all else that a deployment is bound to.
 *
 * It takes the options of `ledge serve`, but listens on 127.0.0.1 only, and keeps its data where wrangler does.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseEnv } from "node:util";
import { ownHostSetting, readCommand } from "../cli/arguments.ts";
import { makeAccounts } from "../cli/make-accounts.ts";
import { requireFreePort } from "../cli/listen-address.ts";
import { jsonOutput, terminalOutput } from "../cli/output.ts";
import { readVersion } from "../cli/package-files.ts";

const HOST = "127.0.0.1";
/** As the default credentials, for whoever has no `.dev.vars`; no deployment takes it. */
const PUBLISHED_MASTER_KEY = "bGVkZ2UtbGVkZ2UtbGVkZ2UtbGVkZ2UtbGVkZ2UhISE=";
const project = path.resolve(import.meta.dirname, "..");
const ownCredentials = path.join(project, ".dev.vars");
const secrets: NodeJS.Dict<string> = existsSync(ownCredentials)
  ? parseEnv(readFileSync(ownCredentials, "utf8"))
  : {};
const command = readCommand(
  ["serve", "--data", path.join(project, ".wrangler/state"), ...process.argv.slice(2)],
  secrets,
);
if (command.name !== "serve") throw new Error("see ledge --help");
const { options } = command;
const { port, tls } = options;
const endpoint = `${tls === undefined ? "http" : "https"}://${HOST}:${port}`;

// wrangler would take the next port without a word, and the user's client would talk to something else.
await requireFreePort(HOST, port);
startWrangler();
while (!(await isHealthy())) await setTimeout(50);
const region = options.settings["REGION"] ?? "us-east-1";
if (options.accountsFile !== undefined)
  await makeAccounts(options.accountsFile, { endpoint, region }, options);
const output = process.stdout.isTTY ? terminalOutput : jsonOutput;
output.ready({
  version: readVersion(),
  endpoint,
  region,
  virtualHostSuffix: undefined,
  accessKeyId: options.accessKeyId,
  secretAccessKey: options.secretAccessKey,
  data: path.resolve(options.dataFolder),
  certificate: undefined,
  fsync: true,
  runtime: "wrangler",
});

function startWrangler(): void {
  const settings = {
    LOCAL: "true",
    NEW_BUCKETS: "acls",
    SSE_C_OVER_HTTP: "allow",
    SERVICE_ACCESS: "account",
    NO_TRANSFORM: "false",
    LOCAL_ISSUERS: "true",
    LOCAL_TARGETS: "true",
    ...ownHostSetting({ ...options, host: HOST }),
    // Of secrets, wrangler binds those only that wrangler.toml says a deployment must have.
    MASTER_KEY: secrets["MASTER_KEY"] ?? PUBLISHED_MASTER_KEY,
    ...(options.eventTargets !== "" && { EVENT_TARGETS: options.eventTargets }),
    ...(options.metricsToken !== "" && { METRICS_TOKEN: options.metricsToken }),
    ...options.settings,
  };
  const flags = [
    "dev",
    "--local",
    ...["--ip", HOST, "--port", String(port), "--inspector-port", "0"],
    ...["--persist-to", path.resolve(options.dataFolder)],
    "--show-interactive-dev-session=false",
    ...Object.entries(settings).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
    ...(tls === undefined ? [] : ["--local-protocol", "https"]),
    // Without, wrangler makes one.
    ...(tls === undefined || tls === "own"
      ? []
      : [
          ...["--https-cert-path", path.resolve(tls.certificatePath)],
          ...["--https-key-path", path.resolve(tls.keyPath)],
        ]),
    ...(options.isQuiet ? ["--log-level", "error"] : []),
  ];
  const wrangler = path.join(project, "node_modules/wrangler/bin/wrangler.js");
  const child = spawn(process.execPath, [wrangler, ...flags], {
    cwd: project,
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...process.env,
      // From where wrangler takes the secrets that wrangler.toml says a deployment must have.
      ROOT_ACCESS_KEY_ID: options.accessKeyId,
      ROOT_SECRET_ACCESS_KEY: options.secretAccessKey,
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_HIDE_BANNER: "true",
      FORCE_COLOR: "0",
    },
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  child.once("exit", (code) => process.exit(code ?? 0));
}

function isHealthy(): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const { get } = tls === undefined ? http : https;
  // The certificate may be self-signed; this only asks our own child whether it is up.
  get(`${endpoint}/_ledge/health`, { rejectUnauthorized: false }, (response) => {
    response.resume();
    resolve(response.statusCode === 200);
  }).once("error", () => resolve(false));
  return promise;
}
