/** `import { startLedge } from "ledge/testing"`: an S3 server for the tests of other projects. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

export interface LedgeOptions {
  /** Region of new buckets; `us-east-1` without it. */
  readonly region?: string;
  /** Without it, a temporary folder that `stop` removes. */
  readonly dataFolder?: string;
  /** Further options of `ledge serve`, e.g. `["--var", "INDEX_SHARDS:4"]`. */
  readonly args?: readonly string[];
}

export interface Ledge {
  /** e.g. `http://127.0.0.1:41234` */
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Ends the server, and removes what it kept. A server also ends with the process that started it. */
  stop(): Promise<void>;
}

/**
 * Starts a server on a free port of 127.0.0.1, with no buckets; done when it answers.
 *
 * @throws Error with what the server said, when it does not start
 */
export async function startLedge(options: LedgeOptions = {}): Promise<Ledge> {
  const dataFolder = options.dataFolder ?? (await mkdtemp(path.join(tmpdir(), "ledge-")));
  const credentials = { accessKeyId: "ledge", secretAccessKey: "ledge-local-secret" };
  const { region = "us-east-1", args = [] } = options;
  const flags = ["--port", "0", "--data", dataFolder, "--region", region];
  const child = spawn(
    process.execPath,
    [PROGRAM, "serve", ...flags, "--quiet", "--stop-on-stdin-end", ...args],
    {
      stdio: ["pipe", "pipe", "pipe"],
      env: {
        ...process.env,
        ROOT_ACCESS_KEY_ID: credentials.accessKeyId,
        ROOT_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      },
    },
  );
  const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await exited;
    if (options.dataFolder === undefined) await rm(dataFolder, { recursive: true, force: true });
  };
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-4096);
  });
  const ready = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const event: { event: string; endpoint: string } = JSON.parse(line);
      if (event.event === "ready") resolve(event.endpoint);
    });
    child.once("error", reject);
    void exited.then(() => reject(new Error(`Ledge did not start. ${complaint}`)));
  });
  try {
    const endpoint = await ready;
    return { endpoint, region, credentials, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** TypeScript in a checkout, JavaScript in the package. */
const PROGRAM = path.join(
  import.meta.dirname,
  existsSync(path.join(import.meta.dirname, "ledge.js")) ? "ledge.js" : "ledge.ts",
);
