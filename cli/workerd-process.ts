import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { readWorkerdVersion } from "./package-files.ts";
import { messageOf, UserError } from "./user-error.ts";

interface WorkerdOptions {
  readonly configPath: string;
  readonly env: NodeJS.ProcessEnv;
  /** Takes each line of the Worker's log; without it, the lines go straight to standard output. */
  readonly onLog?: ((line: string) => void) | undefined;
  readonly onError: (line: string) => void;
  /** How long open requests may take once it is to stop. */
  readonly stopWithinMs: number;
}

export interface WorkerdProcess {
  /** The port, once it listens; never settles if it ends instead. */
  readonly listening: Promise<number>;
  /** How it ended, in words. */
  readonly ended: Promise<string>;
  /** It takes no new requests, answers the open ones and ends. */
  stop(): void;
}

/** @throws UserError when there is no workerd for this platform */
export function startWorkerd({
  configPath,
  env,
  onLog,
  onError,
  stopWithinMs,
}: WorkerdOptions): WorkerdProcess {
  // The root is where the configuration's absolute paths begin.
  const child = spawn(binaryPath(), ["serve", "-I", "/", "--control-fd=3", configPath], {
    env,
    stdio: ["ignore", onLog === undefined ? "inherit" : "pipe", "pipe", "pipe"],
    // Out of the terminal's process group: Ctrl-C would end it at once, open requests and all.
    detached: true,
  });
  const guard = endWithThisProcess(child);
  const [, stdout, stderr, control] = child.stdio;
  if (onLog !== undefined) eachLine(stdout, onLog);
  eachLine(stderr, onError);
  const listening = new Promise<number>((resolve) => {
    eachLine(control, (line) => {
      const { event, port }: { event: string; port: number } = JSON.parse(line);
      if (event === "listen") resolve(port);
    });
  });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => {
      guard?.kill("SIGKILL");
      resolve(signal === null ? `exit code ${code}` : signal);
    });
  });
  return {
    listening,
    ended,
    stop() {
      child.kill("SIGTERM");
      setTimeout(() => child.kill("SIGKILL"), stopWithinMs).unref();
    },
  };
}

/** @throws UserError when there is none for this platform */
export function binaryPath(): string {
  // Not an import, which would fail before anything can tell why.
  const require = createRequire(import.meta.url);
  try {
    const { default: binary }: { default: string } = require("workerd");
    return binary;
  } catch (error) {
    const [line] = messageOf(error).trim().split("\n");
    throw new UserError(
      `--runtime workerd needs workerd, which is not there: npm install workerd@${readWorkerdVersion()} (${line})`,
    );
  }
}

/** Whatever becomes of this process, even kill -9: the port and the data must not stay with a workerd that nobody knows. */
function endWithThisProcess({ pid }: ChildProcess): ChildProcess | undefined {
  if (pid === undefined || process.platform === "win32") return undefined;
  const script = 'read -r _; kill -KILL "$1"';
  const guard = spawn("sh", ["-c", script, "sh", String(pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  guard.unref();
  return guard;
}

function eachLine(stream: unknown, onLine: (line: string) => void): void {
  // Of the five streams only these are pipes, and Node types them all alike.
  createInterface({ input: stream as Readable, crlfDelay: Infinity }).on("line", onLine);
}
