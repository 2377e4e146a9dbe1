import { readSettings, readShardSettings } from "../../src/env.ts";
import { messageOf, UserError } from "../user-error.ts";
import type { DeployFile } from "./deploy-file.ts";
import type { DeployedWorker } from "./resources.ts";

export const ANALYTICS_BINDING = "ANALYTICS";

/** What a Worker of Ledge's is bound to, beside queues, settings, and secrets. */
export const OWN_BINDINGS: ReadonlySet<string> = new Set([
  ANALYTICS_BINDING,
  "BLOBS",
  "BUCKET_INDEX",
  "DIRECTORY",
  "IDENTITIES",
]);

/** What a deployment has at another value than wrangler.toml, which is for a checkout, too. */
const DEPLOYED = { VIRTUAL_HOST_SUFFIX: "", WEBSITE_HOST_SUFFIX: "" };

/**
 * The settings of a deployment: those of wrangler.toml, but for those that are given.
 *
 * @throws UserError for a setting that there is not, or a value that it cannot have
 */
export function deployedVars(
  defaults: Readonly<Record<string, string>>,
  { vars, bucket, jurisdiction }: Pick<DeployFile, "bucket" | "jurisdiction" | "vars">,
): Readonly<Record<string, string>> {
  for (const name of Object.keys(vars))
    if (!Object.hasOwn(defaults, name))
      throw new UserError(`--var ${name} is no setting of wrangler.toml`);
  const all = {
    ...defaults,
    ...DEPLOYED,
    ...vars,
    BLOBS_BUCKET: bucket,
    JURISDICTION: jurisdiction ?? "",
  };
  try {
    // These two read only the text variables of the Worker's environment.
    const env = all as unknown as Cloudflare.Env;
    readSettings(env);
    readShardSettings(env);
  } catch (error) {
    throw new UserError(messageOf(error));
  }
  return all;
}

/**
 * Lets no update from another folder put back what the Worker was deployed with, such as its region or whether public access is blocked.
 *
 * @param there the settings of the Worker @param given those that the command says
 * @throws UserError with the settings that nothing here says
 */
export function requireKnownSettings(
  there: Readonly<Record<string, string>>,
  planned: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
): void {
  const lost = Object.entries(there).filter(
    ([name, value]) =>
      Object.hasOwn(planned, name) && planned[name] !== value && !Object.hasOwn(given, name),
  );
  if (lost.length === 0) return;
  const options = lost.map(([name, value]) => `--var ${name}:${JSON.stringify(value)}`).join(" ");
  throw new UserError(
    `the Worker has settings that no file here says: ${options}. Say them, or what they are to be, or run the command in the folder of that deployment.`,
  );
}

/**
 * A complete configuration for Wrangler, made from wrangler.toml, beside the built Worker: with ids and names of everything, it has
 * nothing to make or to look for.
 *
 * @param worker what is there: at the hosts that it has it stays
 */
export function wranglerConfiguration(
  configuration: Readonly<Record<string, unknown>>,
  file: DeployFile,
  vars: Readonly<Record<string, string>>,
  worker?: Pick<DeployedWorker, "domains" | "isOnWorkersDev">,
): Readonly<Record<string, unknown>> {
  const hosts = new Set([
    ...(file.domain === undefined ? [] : [file.domain]),
    ...(worker?.domains ?? []),
  ]);
  const { name, accountId, bucket, namespaceId, jurisdiction, queues } = file;
  const producers = Object.entries(queues).map(([binding, queue]) => ({ binding, queue }));
  return {
    ...configuration,
    name,
    account_id: accountId,
    main: "worker.js",
    no_bundle: true,
    vars,
    r2_buckets: [
      {
        binding: "BLOBS",
        bucket_name: bucket,
        ...(jurisdiction !== undefined && { jurisdiction }),
      },
    ],
    kv_namespaces: [{ binding: "IDENTITIES", id: namespaceId }],
    ...(producers.length > 0 && { queues: { producers } }),
    ...(file.hasAnalytics === true && {
      analytics_engine_datasets: [
        { binding: ANALYTICS_BINDING, dataset: name.replaceAll("-", "_") },
      ],
    }),
    ...(worker?.isOnWorkersDev === false && { workers_dev: false }),
    ...(hosts.size > 0 && {
      workers_dev: false,
      preview_urls: false,
      routes: [...hosts].map((pattern) => ({ pattern, custom_domain: true })),
    }),
  };
}
