import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { onRuntime } from "./ledge-process.ts";

const PROGRAM = path.resolve(import.meta.dirname, "../../cli/ledge.ts");

/** What the tests look at in the events that it prints. */
interface PrintedEvent {
  readonly endpoint?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly certificate?: string;
  readonly fsync?: boolean;
  readonly runtime?: string;
  readonly message?: string;
}

/** A run of the `ledge` command. */
export interface LedgeCommand {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  readonly printed: { stdout: string; stderr: string };
  /** The line of JSON that tells of this event, as soon as it is printed. */
  event(name: string): Promise<PrintedEvent>;
  /** How it ended: the exit code, or the signal. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/**
 * @param args `serve` is followed by the runtime of the suite, unless another is among them
 * @param launcher a command that runs the command which its last arguments are
 */
export function runLedge(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  launcher: readonly string[] = [],
): LedgeCommand {
  const [name = "", ...options] = args;
  const all = name === "serve" ? [name, ...onRuntime(), ...options] : args;
  const [program = "", ...parameters] = [...launcher, process.execPath, PROGRAM, ...all];
  const child = spawn(program, parameters, { env: { ...process.env, ...env } });
  const printed = { stdout: "", stderr: "" };
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once("close", (code, signal) => resolve(code ?? signal));
  });
  child.stdout.on("data", (chunk: Buffer) => {
    printed.stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    printed.stderr += chunk.toString();
  });
  return {
    child,
    printed,
    ended,
    event(name) {
      const { promise, resolve, reject } = Promise.withResolvers<PrintedEvent>();
      const look = (): void => {
        const pattern = new RegExp(`^\\{"event":"${name}".*\\}$`, "m");
        const [line] = pattern.exec(`${printed.stdout}\n${printed.stderr}`) ?? [];
        if (line !== undefined) resolve(JSON.parse(line));
      };
      look();
      for (const stream of [child.stdout, child.stderr]) stream.on("data", look);
      void ended.then(() => reject(new Error(`no ${name}:\n${printed.stdout}${printed.stderr}`)));
      return promise;
    },
  };
}
