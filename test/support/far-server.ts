import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { once } from "node:events";

const BENCH = path.join(homedir(), ".cache/ledge-bench");

/** Servers that are no Ledge, which buckets are replicated to where they are installed. */
const PROGRAMS = {
  minio: {
    command: process.env["MINIO"] ?? path.join(BENCH, "minio"),
    args: (folder: string, port: number) => [
      "server",
      folder,
      "--address",
      `127.0.0.1:${port}`,
      "--quiet",
    ],
  },
  versitygw: {
    command: process.env["VERSITYGW"] ?? path.join(BENCH, "versitygw"),
    args: (folder: string, port: number) => [
      ...["--port", `127.0.0.1:${port}`, "--access", "far-access", "--secret", "far-secret-key"],
      ...["posix", "--versioning-dir", path.join(folder, "versions"), path.join(folder, "data")],
    ],
  },
  moto: {
    command: process.env["MOTO_SERVER"] ?? "moto_server",
    args: (_folder: string, port: number) => ["-H", "127.0.0.1", "-p", String(port)],
  },
} as const;

export type FarServerName = keyof typeof PROGRAMS;

/** Another S3 server, in a process of its own. */
export interface FarServer {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Ends it at once; its data stay. */
  kill(): Promise<void>;
  /** Once more, at the same port. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function isInstalled(name: FarServerName): boolean {
  return spawnSync(PROGRAMS[name].command, ["--help"]).status === 0;
}

export async function farServer(name: FarServerName): Promise<FarServer> {
  const folder = await mkdtemp(path.join(tmpdir(), "far-"));
  for (const sub of ["versions", "data"]) spawnSync("mkdir", ["-p", path.join(folder, sub)]);
  const port = await freePort();
  const credentials = { accessKeyId: "far-access", secretAccessKey: "far-secret-key" };
  const { command, args } = PROGRAMS[name];
  let child: ChildProcess;
  const start = async (): Promise<void> => {
    const env = {
      ...process.env,
      ...{
        MINIO_ROOT_USER: credentials.accessKeyId,
        MINIO_ROOT_PASSWORD: credentials.secretAccessKey,
      },
    };
    child = spawn(command, args(folder, port), { stdio: "ignore", env });
    await answers(`http://127.0.0.1:${port}/`);
  };
  const kill = async (): Promise<void> => {
    const ended = once(child, "close");
    child.kill("SIGKILL");
    await ended;
  };
  await start();
  return {
    endpoint: `http://127.0.0.1:${port}`,
    credentials,
    kill,
    start,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Whatever it says: it is there. */
async function answers(url: string): Promise<void> {
  for (let left = 600; ; left -= 1) {
    try {
      await fetch(url);
      return;
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => void setTimeout(resolve, 100));
    }
  }
}
