import { statSync, writeFileSync } from "node:fs";
import { hasPublishedSecret, ownHostSetting, type ServeOptions } from "./arguments.ts";
import { type DataFolder, openDataFolder } from "./data-folder.ts";
import { checkedKeyPair, type KeyPair } from "./key-pair.ts";
import { endpointOf, isLoopback, requireFreePort, resolveHost } from "./listen-address.ts";
import { jsonOutput, type Output, terminalOutput } from "./output.ts";
import { readManifest, readVersion, WORKER_PATH } from "./package-files.ts";
import { keepRoom } from "./room.ts";
import { settingsFor } from "./settings.ts";
import { removeUnfinishedUploads } from "./unfinished-uploads.ts";
import { UserError } from "./user-error.ts";
import { startWorkerd, type WorkerdProcess } from "./workerd-process.ts";
import { workerdConfig } from "./workerd-config.ts";

/** The options, found to be good. */
interface Plan {
  readonly options: ServeOptions;
  /** Numeric. */
  readonly address: string;
  readonly tls: KeyPair | undefined;
  readonly compatibilityDate: string;
  readonly vars: Readonly<Record<string, string>>;
}

/**
 * Serves until a signal comes, and then until the open requests are answered.
 *
 * @throws UserError when it cannot start
 */
export async function serve(options: ServeOptions): Promise<void> {
  const output = process.stdout.isTTY ? terminalOutput : jsonOutput;
  const { compatibilityDate, vars: defaults } = readManifest();
  const vars = { ...settingsFor(options, defaults), ...ownHostSetting(options) };
  const tls = options.tls === undefined ? undefined : checkedKeyPair(options.tls);
  const address = await resolveHost(options.host);
  if (hasPublishedSecret(options) && !isLoopback(address)) warnOfExposure(options, output);
  // What this process and workerd make is nobody else's to read.
  process.umask(0o077);
  const folder = openDataFolder(options.dataFolder);
  try {
    await requireFreePort(address, options.port);
    keepRoom(folder.roomPath, (message) => output.warn(message));
    await run({ options, address, tls, compatibilityDate, vars }, folder, output);
  } finally {
    folder.release();
  }
}

function warnOfExposure({ host, allowsDefaultCredentials }: ServeOptions, output: Output): void {
  const risk = `whoever reaches ${host} could use the default credentials, which are published`;
  if (!allowsDefaultCredentials)
    throw new UserError(
      `${risk}; choose others in ROOT_ACCESS_KEY_ID and ROOT_SECRET_ACCESS_KEY, or say --allow-default-credentials`,
    );
  output.warn(risk);
}

/** How often workerd may end by itself; more, and something is wrong that another start does not mend. */
const MAX_RESTARTS_A_MINUTE = 10;

async function run(plan: Plan, folder: DataFolder, output: Output): Promise<void> {
  let workerd: RunningWorkerd | undefined;
  let isStopping = false;
  onStop(plan.options, () => {
    if (isStopping) return;
    isStopping = true;
    output.progress("Stopping: open requests are being answered.");
    workerd?.process.stop();
  });
  let { port } = plan.options;
  let isAnnounced = false;
  let endsMs: readonly number[] = [];
  for (;;) {
    workerd = start(plan, port, folder, output);
    const end = await Promise.race([workerd.process.listening, workerd.process.ended]);
    if (typeof end === "number") {
      port = end;
      if (!isAnnounced) announce(plan, port, folder, output);
      isAnnounced = true;
      workerd.showErrors();
      void cleanUp(folder, output);
    }
    const reason = await workerd.process.ended;
    if (isStopping) return;
    if (!isAnnounced)
      throw new UserError(`workerd did not start: ${workerd.hiddenErrors.join(" ")} (${reason})`);
    workerd.showErrors();
    const nowMs = Date.now();
    endsMs = [...endsMs.filter((endMs) => nowMs - endMs < 60_000), nowMs];
    if (endsMs.length > MAX_RESTARTS_A_MINUTE)
      throw new Error(`workerd ended by itself (${reason}), again and again`);
    // Its connections are cut, which is what clients repeat requests for; what was acknowledged is in the folder.
    output.warn(`workerd ended by itself (${reason}) and is started again`);
  }
}

interface RunningWorkerd {
  readonly process: WorkerdProcess;
  /** What it wrote to standard error before `showErrors`. */
  readonly hiddenErrors: readonly string[];
  /** Tells what was hidden, and whatever comes from now on. */
  showErrors(): void;
}

function start(plan: Plan, port: number, folder: DataFolder, output: Output): RunningWorkerd {
  const { options } = plan;
  const { configPath } = folder;
  writeFileSync(configPath, workerdConfig({ ...plan, ...folder, port, workerPath: WORKER_PATH }));
  const hiddenErrors: string[] = [];
  let isShown = false;
  return {
    process: startWorkerd({
      configPath,
      env: {
        ...process.env,
        ROOT_ACCESS_KEY_ID: options.accessKeyId,
        ROOT_SECRET_ACCESS_KEY: options.secretAccessKey,
      },
      // Only a terminal needs the lines made readable; anything else gets them by the shortest way.
      onLog: process.stdout.isTTY ? (line) => output.workerLog(line) : undefined,
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

function onStop({ stopsOnStdinEnd }: ServeOptions, stop: () => void): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  if (stopsOnStdinEnd) process.stdin.once("end", stop).resume();
  if (process.env["npm_lifecycle_event"] !== undefined) onceOrphaned(stop);
}

/** While requests are served: a folder of many blobs takes seconds to look through. */
async function cleanUp({ blobsPath, configPath }: DataFolder, output: Output): Promise<void> {
  try {
    // Written at each start, so what is older is an earlier server's.
    const count = await removeUnfinishedUploads(blobsPath, statSync(configPath).mtimeMs);
    if (count > 0) output.progress(`Removed ${count} unfinished uploads of a server that died.`);
  } catch (error) {
    output.warn(`unfinished uploads could not be removed: ${String(error)}`);
  }
}

/** A signal that ends `npx` or `npm start` goes no further than npm and its shell, so their end has to do for one. */
function onceOrphaned(stop: () => void): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) stop();
  }, 500).unref();
}

function announce(plan: Plan, port: number, folder: DataFolder, output: Output): void {
  const { options, address, tls, vars } = plan;
  const { REGION: region = "", VIRTUAL_HOST_SUFFIX: suffix = "" } = vars;
  output.ready({
    version: readVersion(),
    endpoint: endpointOf(tls === undefined ? "http" : "https", address, port),
    region,
    virtualHostSuffix: suffix === "" ? undefined : suffix,
    accessKeyId: options.accessKeyId,
    secretAccessKey: hasPublishedSecret(options) ? options.secretAccessKey : undefined,
    data: folder.path,
  });
}
