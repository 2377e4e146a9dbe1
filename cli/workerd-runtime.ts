import { statSync, writeFileSync } from "node:fs";
import { cleanUp } from "./clean-up.ts";
import { requireFreePort } from "./listen-address.ts";
import { readManifest, WORKER_PATH } from "./package-files.ts";
import { keepRoom } from "./room.ts";
import type { Plan, RunningServer } from "./runtime.ts";
import { workerSecrets } from "./worker-secrets.ts";
import { UserError } from "./user-error.ts";
import { startWorkerd, type WorkerdProcess } from "./workerd-process.ts";
import { workerdConfig } from "./workerd-config.ts";

/** How often workerd may end by itself; more, and something is wrong that another start does not mend. */
const MAX_RESTARTS_A_MINUTE = 10;

/** Runs the Worker on Cloudflare's runtime, in a process of its own, which is started again when it ends by itself. */
export async function runOnWorkerd(plan: Plan): Promise<RunningServer> {
  const { options, folder, output } = plan;
  await requireFreePort(plan.address, options.port);
  keepRoom(folder.roomPath, (message) => output.warn(message));
  const workerd = start(plan, options.port);
  const port = await Promise.race([workerd.process.listening, workerd.process.ended]);
  if (typeof port === "string")
    throw new UserError(`workerd did not start: ${workerd.hiddenErrors.join(" ")} (${port})`);
  const kept = new KeptAlive(plan, port, workerd);
  return { port, ended: kept.run(), stop: () => kept.stop() };
}

class KeptAlive {
  readonly #plan: Plan;
  readonly #port: number;
  #workerd: RunningWorkerd;
  #isStopping = false;

  constructor(plan: Plan, port: number, workerd: RunningWorkerd) {
    this.#plan = plan;
    this.#port = port;
    this.#workerd = workerd;
  }

  stop(): void {
    this.#isStopping = true;
    this.#workerd.process.stop();
  }

  async run(): Promise<void> {
    const { output } = this.#plan;
    let endsMs: readonly number[] = [];
    for (;;) {
      const { listening, ended } = this.#workerd.process;
      void listening.then(() => this.#onceListening());
      const reason = await ended;
      if (this.#isStopping) return;
      this.#workerd.showErrors();
      const nowMs = Date.now();
      endsMs = [...endsMs.filter((endMs) => nowMs - endMs < 60_000), nowMs];
      if (endsMs.length > MAX_RESTARTS_A_MINUTE)
        throw new Error(`workerd ended by itself (${reason}), again and again`);
      // Its connections are cut, which is what clients repeat requests for; what was acknowledged is in the folder.
      output.warn(`workerd ended by itself (${reason}) and is started again`);
      this.#workerd = start(this.#plan, this.#port);
    }
  }

  #onceListening(): void {
    const { folder, output } = this.#plan;
    this.#workerd.showErrors();
    // Written at each start, so what is older is an earlier server's.
    void cleanUp(folder.blobsPath, statSync(folder.configPath).mtimeMs, output);
  }
}

interface RunningWorkerd {
  readonly process: WorkerdProcess;
  /** What it wrote to standard error before `showErrors`. */
  readonly hiddenErrors: readonly string[];
  /** Tells what was hidden, and whatever comes from now on. */
  showErrors(): void;
}

function start(plan: Plan, port: number): RunningWorkerd {
  const { options, address, tls, vars, folder, output } = plan;
  const { configPath } = folder;
  const { compatibilityDate } = readManifest();
  writeFileSync(
    configPath,
    workerdConfig({
      ...folder,
      address,
      port,
      tls,
      vars,
      compatibilityDate,
      workerPath: WORKER_PATH,
    }),
  );
  const hiddenErrors: string[] = [];
  let isShown = false;
  return {
    process: startWorkerd({
      configPath,
      stopWithinMs: options.stopWithinMs,
      env: { ...process.env, ...workerSecrets(plan) },
      // A terminal needs the lines made readable, and requests that make buckets and accounts wait; else they go by the shortest way.
      onLog:
        process.stdout.isTTY || options.buckets.length > 0 || options.accountsFile !== undefined
          ? (line) => output.workerLog(line)
          : undefined,
      onError(line) {
        if (isShown) output.workerError(line);
        else hiddenErrors.push(line);
      },
    }),
    hiddenErrors,
    showErrors() {
      isShown = true;
      for (const line of hiddenErrors.splice(0)) output.workerError(line);
    },
  };
}
