import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import http from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseEnv } from "node:util";
import { binaryPath } from "../cli/workerd-process.ts";

const HOST = "127.0.0.1";
const projectFolder = path.resolve(import.meta.dirname, "..");
const START_PATIENCE_MS = 60_000;

/** A server of its own: process group, port and data folder. */
export interface Server extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Of the process that all others of this server descend from. */
  readonly pid: number;
}

/** As requests name it. */
export function hostOf({ host, port }: Server): string {
  return `${host}:${port}`;
}

/** What overwrites leave behind goes after seconds, not an hour, so that its deletion is measured too. */
const SETTINGS = ["GARBAGE_DELAY_SECONDS:5", "LOG_REQUESTS:false"];

/** `npm start`: workerd alone, blobs on disk. */
export async function startLedge(): Promise<Server> {
  const { accessKeyId, secretAccessKey } = await localCredentials();
  const build = path.join(projectFolder, "scripts", "build.ts");
  execFileSync(process.execPath, [build, "worker"], { stdio: "inherit" });
  return startNode("/_ledge/health", (port, data) => [
    path.join(projectFolder, "cli", "ledge.ts"),
    "serve",
    ...ledgeFlags(port, data),
    ...["--access-key", accessKeyId, "--secret-key", secretAccessKey],
  ]);
}

/** `npm run dev`: wrangler and its stand-in for R2, as the bare Worker has them. */
export function startLedgeDev(): Promise<Server> {
  return startNode("/_ledge/health", (port, data) => [
    path.join(projectFolder, "scripts", "dev.ts"),
    ...ledgeFlags(port, data),
  ]);
}

function ledgeFlags(port: number, data: string): readonly string[] {
  const settings = SETTINGS.flatMap((setting) => ["--var", setting]);
  return ["--port", String(port), "--data", data, "--quiet", ...settings];
}

/** A Worker of this folder under the flags that `npm run dev` gives to Ledge. */
export function startWorker(config: string, healthPath: string): Promise<Server> {
  return startNode(healthPath, (port, data) => [
    path.join(projectFolder, "node_modules", "wrangler", "bin", "wrangler.js"),
    ...["dev", "--local", "--config", path.join(import.meta.dirname, config)],
    ...["--ip", HOST, "--port", String(port), "--inspector-port", "0", "--persist-to", data],
    ...["--show-interactive-dev-session=false", "--log-level", "error"],
  ]);
}

/** workerd's disk service as it is, without a Worker before it: what `npm start` keeps its blobs in. */
export function startDisk(): Promise<Server> {
  return start("/", (port, data) => {
    const config = path.join(data, "config.capnp");
    writeFileSync(config, diskConfig(port, data));
    return [binaryPath(), "serve", config];
  });
}

function diskConfig(port: number, data: string): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  sockets = [(name = "http", address = "${HOST}:${port}", http = (), service = "disk")],
  services = [(name = "disk", disk = (path = "${data}", writable = true))],
);
`;
}

/** The Worker that says "hello", on plain workerd. */
export function startHello(): Promise<Server> {
  return start("/", (port) => [
    binaryPath(),
    ...["serve", path.join(import.meta.dirname, "hello-worker.capnp")],
    ...["--socket-addr", `http=${HOST}:${port}`],
  ]);
}

/** Those of `npm run dev`: the user's own, if there are any, else the published ones. */
export async function localCredentials() {
  const published = path.join(projectFolder, ".dev.vars.example");
  const file = await readFile(path.join(projectFolder, ".dev.vars"), "utf8").catch(() =>
    readFile(published, "utf8"),
  );
  const { ROOT_ACCESS_KEY_ID = "", ROOT_SECRET_ACCESS_KEY = "" } = parseEnv(file);
  return { accessKeyId: ROOT_ACCESS_KEY_ID, secretAccessKey: ROOT_SECRET_ACCESS_KEY };
}

type Command = (port: number, data: string) => readonly string[];

function startNode(healthPath: string, command: Command): Promise<Server> {
  return start(healthPath, (port, data) => [process.execPath, ...command(port, data)]);
}

async function start(healthPath: string, command: Command): Promise<Server> {
  const port = await freePort();
  const data = await mkdtemp(path.join(tmpdir(), "ledge-bench-"));
  const [program = "", ...parameters] = command(port, data);
  const child = spawn(program, parameters, {
    cwd: projectFolder,
    // A group of its own, since wrangler's workerd is a grandchild.
    detached: true,
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true" },
  });
  const { pid } = child;
  if (pid === undefined) throw new Error("the server did not start");
  const exited = once(child, "exit");
  const stop = (): void => {
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // It is gone already.
    }
  };
  process.once("exit", stop);
  const server = {
    host: HOST,
    port,
    pid,
    async [Symbol.asyncDispose]() {
      process.off("exit", stop);
      stop();
      await exited;
      await rm(data, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
  const giveUpMs = Date.now() + START_PATIENCE_MS;
  while (!(await answers(port, healthPath))) {
    if (child.exitCode !== null || Date.now() > giveUpMs) {
      await server[Symbol.asyncDispose]();
      throw new Error("the server did not start");
    }
    await setTimeout(100);
  }
  return server;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, HOST);
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

function answers(port: number, healthPath: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  http
    .get({ host: HOST, port, path: healthPath, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    })
    .once("error", () => resolve(false));
  return promise;
}
