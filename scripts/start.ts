/**
 * `npm start [-- --port N --data DIR]`: an S3 endpoint on this machine, ready when it says so.
 *
 * It is `wrangler dev` underneath: the same Worker as deployed, on workerd, with R2, KV and Durable Objects kept in DIR.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs, parseEnv } from "node:util";

const HOST = "127.0.0.1";
const projectFolder = path.resolve(import.meta.dirname, "..");

const { port, data, tlsCertificate, tlsKey, variables, isQuiet } = readArguments();
const credentials = readCredentials();
await requireFreePort(port);
await startWorker();

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: "string", default: "8787" },
        data: { type: "string", default: ".ledge" },
        "tls-cert": { type: "string" },
        "tls-key": { type: "string" },
        /** NAME:VALUE, repeatable: a setting of wrangler.toml. */
        var: { type: "string", multiple: true, default: [] },
        quiet: { type: "boolean", default: false },
      },
    });
    const number = Number(values.port);
    if (!Number.isInteger(number) || number < 1 || number > 65_535)
      throw new Error(`--port ${values.port} is not a port number`);
    if ((values["tls-cert"] === undefined) !== (values["tls-key"] === undefined))
      throw new Error("--tls-cert and --tls-key go together");
    return {
      port: number,
      data: path.resolve(values.data),
      tlsCertificate: values["tls-cert"],
      tlsKey: values["tls-key"],
      variables: values.var,
      isQuiet: values.quiet,
    };
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

function fail(message: string): never {
  console.error(`ledge: ${message}`);
  process.exit(2);
}

/** `.dev.vars`, if the user made one; else the defaults that are published with the project. */
function readCredentials() {
  const own = path.join(projectFolder, ".dev.vars");
  const file = existsSync(own) ? own : path.join(projectFolder, ".dev.vars.example");
  const { ROOT_ACCESS_KEY_ID = "", ROOT_SECRET_ACCESS_KEY = "" } = parseEnv(
    readFileSync(file, "utf8"),
  );
  return { file, accessKeyId: ROOT_ACCESS_KEY_ID, secretAccessKey: ROOT_SECRET_ACCESS_KEY };
}

/** wrangler would take the next port without a word, and the user's client would talk to something else. */
async function requireFreePort(wanted: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const probe = createServer();
  probe.once("error", reject);
  probe.listen(wanted, HOST, () => probe.close(() => resolve()));
  await promise.catch(() =>
    fail(`port ${wanted} of ${HOST} is in use; choose another with --port`),
  );
}

async function startWorker(): Promise<void> {
  const scheme = tlsCertificate === undefined ? "http" : "https";
  const wrangler = path.join(projectFolder, "node_modules", "wrangler", "bin", "wrangler.js");
  const settings = ["NO_TRANSFORM:false", ...variables];
  const flags = [
    "dev",
    "--local",
    ...["--ip", HOST, "--port", String(port), "--inspector-port", "0"],
    ...["--persist-to", data],
    ...["--env-file", credentials.file],
    "--show-interactive-dev-session=false",
    ...settings.flatMap((setting) => ["--var", setting]),
    ...(tlsCertificate === undefined ? [] : ["--local-protocol", "https"]),
    ...(tlsCertificate === undefined ? [] : ["--https-cert-path", tlsCertificate]),
    ...(tlsKey === undefined ? [] : ["--https-key-path", tlsKey]),
    ...(isQuiet ? ["--log-level", "error"] : []),
  ];
  const worker = spawn(process.execPath, [wrangler, ...flags], {
    cwd: projectFolder,
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...process.env,
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_HIDE_BANNER: "true",
      FORCE_COLOR: "0",
    },
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => worker.kill(signal));
  worker.once("exit", (code) => process.exit(code ?? 0));

  await untilHealthy(`${scheme}://${HOST}:${port}`);
  announce(`${scheme}://${HOST}:${port}`);
}

async function untilHealthy(endpoint: string): Promise<void> {
  while (!(await isHealthy(endpoint))) await setTimeout(50);
}

function isHealthy(endpoint: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const { get } = endpoint.startsWith("https:") ? https : http;
  // The certificate may be self-signed; this only asks our own child whether it is up.
  get(`${endpoint}/_ledge/health`, { rejectUnauthorized: false }, (response) => {
    response.resume();
    resolve(response.statusCode === 200);
  }).once("error", () => resolve(false));
  return promise;
}

function announce(endpoint: string): void {
  const { accessKeyId, secretAccessKey } = credentials;
  console.log(`
Ledge is ready.

  Endpoint            ${endpoint}
  Access key id       ${accessKeyId}
  Secret access key   ${secretAccessKey}
  Data                ${data}

Try it:

  AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey} AWS_DEFAULT_REGION=us-east-1 aws --endpoint-url ${endpoint} s3 mb s3://my-bucket
`);
}
