import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Certificate } from "./certificate.ts";

/** What `ledge serve` runs the Worker on. */
const RUNTIMES = { "ledge serve": "node", "ledge serve on workerd": "workerd" } as const;

/** Which server the suite runs against; vitest.config.ts has a project for each. */
export type Server = keyof typeof RUNTIMES | "wrangler dev";
export const SERVER = (process.env["LEDGE_SERVER"] ?? "ledge serve") as Server;

const project = path.resolve(import.meta.dirname, "../..");
const START_TIMEOUT_MS = 50_000;

interface LedgeOptions {
  /** Without it, {@link SERVER}, which only a suite's own process has from its project. */
  readonly server?: Server;
  /** Where an earlier process kept its data; without it, a new temporary folder. */
  readonly dataFolder?: string;
  /** Settings of wrangler.toml, by name. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Without it, plain HTTP. */
  readonly tls?: Certificate;
  /** Further options of the command. */
  readonly args?: readonly string[];
  /** Beside what this process has in its environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A local Ledge in processes of its own. */
export interface LedgeProcess {
  /** e.g. `http://127.0.0.1:41234` */
  readonly endpoint: string;
  readonly port: number;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly dataFolder: string;
  readonly pid: number;
  /** Sends a signal to every process of the tree at once; done when all have ended. The data stay. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Ends every process and removes the data. */
  stop(): Promise<void>;
}

/**
 * Starts a server on a free port and waits until it says that it is ready.
 *
 * @throws Error with what the server printed, when it ends or says nothing instead
 */
export async function startLedge(options: LedgeOptions = {}): Promise<LedgeProcess> {
  const dataFolder = options.dataFolder ?? (await mkdtemp(path.join(tmpdir(), "ledge-")));
  const child = spawn(
    process.execPath,
    [...(await program(options)), ...flags(dataFolder, options)],
    {
      // Makes it the leader of a process group: the one name by which wrangler's children can be ended as well.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...options.env },
    },
  );
  const { pid } = child;
  if (pid === undefined) throw new Error("the server did not start");
  const closed = once(child, "close");
  const killGroup = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-pid, signal);
    } catch {
      // No process of the group is left.
    }
  };
  const killAtExit = (): void => killGroup("SIGKILL");
  process.once("exit", killAtExit);
  async function kill(signal: NodeJS.Signals): Promise<void> {
    killGroup(signal);
    // The pipes close when the last process that holds them has ended.
    await closed;
    process.off("exit", killAtExit);
  }
  async function stop(): Promise<void> {
    await kill("SIGKILL");
    await rm(dataFolder, { recursive: true, force: true, maxRetries: 5 });
  }
  try {
    const { endpoint, accessKeyId, secretAccessKey } = await untilReady(child);
    const port = Number(new URL(endpoint).port);
    const credentials = { accessKeyId, secretAccessKey };
    return { endpoint, port, credentials, dataFolder, pid, kill, stop };
  } catch (error) {
    await (options.dataFolder === undefined ? stop() : kill("SIGKILL"));
    throw error;
  }
}

async function program({ server = SERVER }: LedgeOptions): Promise<string[]> {
  if (server === "wrangler dev")
    return [path.join(project, "scripts/dev.ts"), "--port", String(await freePort())];
  return [path.join(project, "cli/ledge.ts"), "serve", ...onRuntime(server), "--port", "0"];
}

/** The options that make `ledge serve` this server. */
export function onRuntime(server: Server = SERVER): string[] {
  return server === "wrangler dev" ? [] : ["--runtime", RUNTIMES[server]];
}

function flags(dataFolder: string, { variables = {}, tls, args = [] }: LedgeOptions): string[] {
  return [
    ...["--data", dataFolder, "--quiet", ...args],
    ...Object.entries(variables).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
    ...(tls === undefined ? [] : ["--tls-cert", tls.certificate, "--tls-key", tls.key]),
  ];
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === "string") throw new Error("no port is free");
  return address.port;
}

interface Announcement {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** @returns what the server said of itself; its pipes are drained from then on, so that it never blocks on them */
async function untilReady(child: ChildProcess): Promise<Announcement> {
  const { promise, resolve, reject } = Promise.withResolvers<Announcement>();
  let printed = "";
  const collect = (chunk: Buffer): void => {
    if (printed.length < 64 * 1024) printed += chunk.toString();
    const [line] = /^\{"event":"ready",.*\}$/m.exec(printed) ?? [];
    if (line !== undefined) resolve(JSON.parse(line));
  };
  child.stdout?.on("data", collect);
  child.stderr?.on("data", collect);
  const fail = (what: string): void => reject(new Error(`the server ${what}:\n${printed}`));
  child.once("error", (error) => fail(`did not start (${error.message})`));
  child.once("exit", (code, signal) => fail(`ended (${signal ?? code})`));
  const timer = setTimeout(() => fail("was not ready in time"), START_TIMEOUT_MS);
  return promise.finally(() => clearTimeout(timer));
}
