import { execFile } from "node:child_process";

/** Where a client finds the server, and what it may write on. */
export interface ClientContext {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** The PEM file to trust; undefined over plain HTTP. */
  readonly certificate: string | undefined;
  /** A bucket name that nobody else uses. */
  readonly bucket: string;
  /** An empty folder of this client's own. */
  readonly folder: string;
}

export interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** What the output has to match; the exit code has to be 0. */
  readonly prints?: RegExp;
  /** The command has to fail, and to say this. */
  readonly failsWith?: RegExp;
  /** Why this machine cannot run it; undefined when it can. */
  readonly obstacle?: string | undefined;
  /** When it has stalled, and so failed; 300,000 without it. */
  readonly timeoutMs?: number;
}

export interface Client {
  readonly name: string;
  /** A command that works when the client is installed. */
  readonly probe: readonly string[];
  /** Why this machine cannot run it, though it is installed; undefined when it can. */
  readonly obstacle?: () => string | undefined;
  /** Instead of configuration files. */
  readonly environment?: (context: ClientContext) => Readonly<Record<string, string>>;
  /** Writes what the steps upload, and answers the steps in order. */
  readonly steps: (context: ClientContext) => readonly Step[];
}

interface Outcome {
  readonly exitCode: number;
  /** Of both streams. */
  readonly output: string;
}

const STEP_TIMEOUT_MS = 300_000;

/** Runs one command; what cannot be started has exit code 127, as in a shell. */
export function run(
  [program = "", ...parameters]: readonly string[],
  environment: Readonly<Record<string, string>>,
  folder: string,
  timeoutMs = STEP_TIMEOUT_MS,
): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  // Whatever the user has configured stays out of this: home, profiles, proxies.
  const env = { PATH: process.env["PATH"], HOME: folder, LC_ALL: "C.UTF-8", ...environment };
  const options = {
    cwd: folder,
    // The Worker's types claim that every process has the Worker's settings in its environment.
    env: env as unknown as NodeJS.ProcessEnv,
    timeout: timeoutMs,
    maxBuffer: 16 * 1024 * 1024,
  };
  execFile(program, parameters, options, (error, stdout, stderr) => {
    const output = `${stdout}${stderr}`;
    if (error === null) resolve({ exitCode: 0, output });
    else if (typeof error.code === "number") resolve({ exitCode: error.code, output });
    else resolve({ exitCode: 127, output: `${output}${error.message}` });
  });
  return promise;
}

/** @returns what is wrong with the outcome of a step; undefined when nothing is */
export function complaint(step: Step, { exitCode, output }: Outcome): string | undefined {
  const { failsWith, prints } = step;
  if (failsWith === undefined && exitCode !== 0) return `exit code ${exitCode}`;
  if (failsWith !== undefined && exitCode === 0) return "no failure, where one was expected";
  const wanted = failsWith ?? prints;
  return wanted === undefined || wanted.test(output) ? undefined : `does not print ${wanted}`;
}
