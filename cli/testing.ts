/** `import { startLedge } from "ledge/testing"`: an S3 server for the tests of other projects. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { readCommand } from "./arguments.ts";
import { complaintOfNode } from "./least-node.ts";
import { testOutput } from "./output.ts";
import { startServer } from "./start-server.ts";

export interface LedgeOptions {
  /** Region of new buckets; `us-east-1` without it. */
  readonly region?: string;
  /** Without it, a temporary folder that `stop` removes. */
  readonly dataFolder?: string;
  /** Further options of `ledge serve`, e.g. `["--bucket", "shelf"]`. */
  readonly args?: readonly string[];
}

export interface Ledge {
  /** e.g. `http://127.0.0.1:41234` */
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Ends the server, and removes what it kept. */
  stop(): Promise<void>;
}

/**
 * Starts a server in this process, on a free port of 127.0.0.1, with no buckets; done when it answers.
 *
 * @throws Error with what is wrong, when it does not start
 */
export async function startLedge(options: LedgeOptions = {}): Promise<Ledge> {
  const complaint = complaintOfNode(process.versions.node);
  if (complaint !== undefined) throw new Error(complaint);
  const { region = "us-east-1", args = [] } = options;
  const dataFolder = options.dataFolder ?? (await mkdtemp(path.join(tmpdir(), "ledge-")));
  const removeFolder = async (): Promise<void> => {
    if (options.dataFolder === undefined) await rm(dataFolder, { recursive: true, force: true });
  };
  try {
    const flags = ["--port", "0", "--data", dataFolder, "--region", region, "--quiet"];
    // What is removed at the end need not outlive the machine's power.
    if (options.dataFolder === undefined) flags.push("--fsync", "false");
    // Not this process's environment: what is in there may be for another server.
    const command = readCommand(["serve", ...flags, ...args], {});
    if (command.name !== "serve") throw new Error("args are options of ledge serve");
    const server = await startServer(command.options, testOutput);
    const { accessKeyId, secretAccessKey } = command.options;
    const { endpoint } = server.announcement;
    return {
      endpoint,
      region: server.announcement.region,
      credentials: { accessKeyId, secretAccessKey },
      async stop() {
        server.stop();
        await server.ended;
        await removeFolder();
      },
    };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}
