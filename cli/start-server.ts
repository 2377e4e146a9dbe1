import { hasPublishedSecret, ownHostSetting, type ServeOptions } from "./arguments.ts";
import { type DataFolder, openDataFolder } from "./data-folder.ts";
import type { ReadKeyPair } from "./key-pair.ts";
import { endpointOf, isLoopback, resolveHost } from "./listen-address.ts";
import type { Announcement, Output } from "./output.ts";
import { readManifest, readVersion } from "./package-files.ts";
import type { Plan, RunningServer, Runtime } from "./runtime.ts";
import { settingsFor } from "./settings.ts";
import { UserError } from "./user-error.ts";

/** What few servers need is loaded only for them. */
const RUNTIMES: Readonly<Record<ServeOptions["runtime"], () => Promise<Runtime>>> = {
  node: async () => (await import("./node-runtime.ts")).runOnNode,
  workerd: async () => (await import("./workerd-runtime.ts")).runOnWorkerd,
};

export interface StartedServer extends RunningServer {
  readonly announcement: Announcement;
}

/**
 * Opens the data folder, and starts a server on it.
 *
 * @returns when it listens, and the buckets that were asked for are there
 * @throws UserError when it cannot start
 */
export async function startServer(options: ServeOptions, output: Output): Promise<StartedServer> {
  const { vars: defaults } = readManifest();
  const vars = { ...settingsFor(options, defaults), ...ownHostSetting(options) };
  const address = await resolveHost(options.host);
  if (hasPublishedSecret(options) && !isLoopback(address)) warnOfExposure(options, output);
  const folder = openDataFolder(options.dataFolder, options.isSynced);
  try {
    const tls = await keyPairOf(options, folder, vars);
    const plan: Plan = { options, address, tls, vars, folder, output };
    const run = await RUNTIMES[options.runtime]();
    const server = await run(plan);
    const ended = server.ended.finally(() => folder.release());
    const announcement = announcementOf(plan, server.port);
    try {
      await makeAccountsOf(options, announcement);
      await makeBucketsOf(options, announcement);
    } catch (error) {
      server.stop();
      await ended;
      throw error;
    }
    return { ...server, ended, announcement };
  } catch (error) {
    folder.release();
    throw error;
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

async function keyPairOf(
  { tls, host }: ServeOptions,
  { tlsPath }: DataFolder,
  { VIRTUAL_HOST_SUFFIX: buckets = "", WEBSITE_HOST_SUFFIX: websites = "" }: Plan["vars"],
): Promise<ReadKeyPair | undefined> {
  if (tls === undefined) return undefined;
  const { readKeyPair } = await import("./key-pair.ts");
  if (tls !== "own") return readKeyPair(tls);
  const { ownKeyPair } = await import("./own-certificate.ts");
  const names = new Set(["localhost", "127.0.0.1", "::1", host]);
  for (const suffix of [buckets, websites]) if (suffix !== "") names.add(suffix).add(`*.${suffix}`);
  return readKeyPair(await ownKeyPair(tlsPath, [...names]));
}

async function makeAccountsOf(options: ServeOptions, server: Announcement): Promise<void> {
  if (options.accountsFile === undefined) return;
  const { makeAccounts } = await import("./make-accounts.ts");
  await makeAccounts(options.accountsFile, server, options);
}

async function makeBucketsOf(options: ServeOptions, server: Announcement): Promise<void> {
  if (options.buckets.length === 0) return;
  const { makeBuckets } = await import("./make-buckets.ts");
  await makeBuckets(server, options);
}

function announcementOf({ options, address, tls, vars, folder }: Plan, port: number): Announcement {
  const { REGION: region = "", VIRTUAL_HOST_SUFFIX: suffix = "" } = vars;
  return {
    version: readVersion(),
    endpoint: endpointOf(tls === undefined ? "http" : "https", address, port),
    region,
    virtualHostSuffix: suffix === "" ? undefined : suffix,
    accessKeyId: options.accessKeyId,
    secretAccessKey: hasPublishedSecret(options) ? options.secretAccessKey : undefined,
    data: folder.path,
    certificate: options.tls === "own" ? tls?.certificatePath : undefined,
    fsync: options.isSynced,
    runtime: options.runtime,
  };
}
