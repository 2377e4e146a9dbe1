import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import http from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";

export const HOST = "127.0.0.1";
export const projectFolder = path.resolve(import.meta.dirname, "..");
const START_PATIENCE_MS = 60_000;
const POLL_MS = 5;

/** Where a server answers. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A server of its own: process group, port and data folder. */
export interface Server extends Address, AsyncDisposable {
  /** Of the process that all others of this server descend from. */
  readonly pid: number;
  readonly dataFolder: string;
  /** From the start of its process until it answered. */
  readonly readyMs: number;
  /** Ends it, and keeps its data. */
  stop(): Promise<void>;
}

/** How a server is started. */
export interface Program {
  readonly command: (port: number, dataFolder: string) => readonly string[];
  /** Where it answers, with whatever but a server error, when it is ready. */
  readonly healthPath: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Where data are kept, and where a server left them. */
interface Place {
  /** The folder that new data folders are made in; without it, the system's for temporary files. */
  readonly dataRoot?: string | undefined;
  /** That of a server that was stopped. */
  readonly dataFolder?: string;
}

/** As requests name it. */
export function hostOf({ host, port }: Server): string {
  return `${host}:${port}`;
}

/** Starts a server; done when it answers. Its data go when it is disposed of. */
export async function startServer(program: Program, place: Place = {}): Promise<Server> {
  const { healthPath, env } = program;
  const port = await freePort();
  const newFolder = path.join(place.dataRoot ?? tmpdir(), "ledge-bench-");
  const dataFolder = place.dataFolder ?? (await mkdtemp(newFolder));
  const [file = "", ...parameters] = program.command(port, dataFolder);
  const startedMs = performance.now();
  const child = spawn(file, parameters, {
    cwd: projectFolder,
    // A group of its own, since wrangler's workerd is a grandchild.
    detached: true,
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, ...env },
  });
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const kill = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // It is gone already.
    }
  };
  const killAtExit = (): void => {
    kill("SIGKILL");
    rmSync(dataFolder, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once("exit", killAtExit);
  async function end(signal: NodeJS.Signals): Promise<void> {
    process.off("exit", killAtExit);
    kill(signal);
    await exited;
  }
  async function dispose(): Promise<void> {
    await end("SIGKILL");
    await rm(dataFolder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
  while (!(await answers(port, healthPath))) {
    if (child.pid === undefined || child.exitCode !== null || hasWaited(startedMs)) {
      await dispose();
      throw new Error(`${file} did not start`);
    }
    await setTimeout(POLL_MS);
  }
  return {
    host: HOST,
    port,
    pid: child.pid ?? 0,
    dataFolder,
    readyMs: performance.now() - startedMs,
    stop: () => end("SIGTERM"),
    [Symbol.asyncDispose]: dispose,
  };
}

function hasWaited(startedMs: number): boolean {
  return performance.now() > startedMs + START_PATIENCE_MS;
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
      resolve((response.statusCode ?? 500) < 500);
    })
    .once("error", () => resolve(false));
  return promise;
}
