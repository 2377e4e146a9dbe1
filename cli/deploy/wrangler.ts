import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { text } from "node:stream/consumers";
import { readWranglerVersion } from "../package-files.ts";
import { systemCode, UserError } from "../user-error.ts";

/** How a Wrangler run ended. */
interface Outcome {
  readonly exitCode: number;
  /** What it wrote to standard output, if that was asked for. */
  readonly output: string;
}

interface WranglerRun {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Wrangler's lines are hidden, and its answer is read: it may hold a token. */
  readonly isQuiet?: boolean;
  readonly isInteractive?: boolean;
}

/** Runs the Wrangler that this release was tested with: the one beside this package if it is that, or else npx's. */
export async function runWrangler(args: readonly string[], run: WranglerRun): Promise<Outcome> {
  const [program, ...before] = wranglerCommand();
  const { cwd, env, isQuiet = false, isInteractive = false } = run;
  const child = spawn(program, [...before, ...args], {
    cwd,
    stdio: [isInteractive ? "inherit" : "ignore", isQuiet ? "pipe" : "inherit", "inherit"],
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true", ...env },
  });
  const output = child.stdout === null ? "" : text(child.stdout);
  const exitCode = await endOf(child);
  return { exitCode, output: await output };
}

async function endOf(child: ChildProcess): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.once("error", (error) => {
    reject(
      new UserError(`Wrangler cannot be run (${systemCode(error)}); npx has to be on the path`),
    );
  });
  child.once("close", (code) => resolve(code ?? 1));
  return promise;
}

function wranglerCommand(): readonly [string, ...string[]] {
  const version = readWranglerVersion();
  const folder = path.resolve(import.meta.dirname, "../../node_modules/wrangler");
  const beside = [folder, path.resolve(import.meta.dirname, "../node_modules/wrangler")].find(
    (each) => versionIn(each) === version,
  );
  if (beside !== undefined) return [process.execPath, path.join(beside, "bin/wrangler.js")];
  return ["npx", "--yes", `wrangler@${version}`];
}

function versionIn(folder: string): string | undefined {
  const file = path.join(folder, "package.json");
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, "utf8")) as { readonly version: string }).version;
}
