import { UserError } from "../user-error.ts";
import { ANALYTICS_BINDING, OWN_BINDINGS } from "./configuration.ts";
import type { DeployFile } from "./deploy-file.ts";
import type { DeployOptions } from "./deploy-options.ts";
import type { DeployedWorker, Place, Resources } from "./resources.ts";

/** What is planned: as the command says, or else as the file of the deployment, or else as the Worker is that runs. */
export function plannedFile(
  options: DeployOptions,
  before: DeployFile | undefined,
  { accountId, name, jurisdiction }: Pick<Place, "accountId" | "jurisdiction" | "name">,
  { bucketName, namespaceId, worker }: Pick<Resources, "bucketName" | "namespaceId" | "worker">,
): DeployFile {
  const domain = options.domain ?? before?.domain ?? worker?.domains?.[0];
  const endpoint = options.endpoint ?? before?.endpoint;
  const dropped = new Set(options.droppedBindings);
  const isBound = worker?.bindings.some(({ name: binding }) => binding === ANALYTICS_BINDING);
  const hasAnalytics =
    options.hasAnalytics ??
    (before?.hasAnalytics === true || isBound === true ? true : before?.hasAnalytics);
  const queues = { ...queuesOf(worker), ...before?.queues, ...options.queues };
  const installationId = before?.installationId;
  return {
    name,
    accountId,
    bucket: bucketName,
    // What stands there in a dry run is never sent.
    namespaceId: namespaceId ?? "0".repeat(32),
    ...(jurisdiction !== undefined && { jurisdiction }),
    ...(domain !== undefined && { domain }),
    ...(endpoint !== undefined && { endpoint }),
    ...(hasAnalytics !== undefined && {
      hasAnalytics: hasAnalytics && !dropped.has(ANALYTICS_BINDING),
    }),
    queues: Object.fromEntries(Object.entries(queues).filter(([binding]) => !dropped.has(binding))),
    vars: { ...before?.vars, ...options.vars },
    ...(installationId !== undefined && { installationId }),
  };
}

function queuesOf(worker: DeployedWorker | undefined): Readonly<Record<string, string>> {
  const queues = (worker?.bindings ?? []).flatMap(({ type, name, queue_name: queue }) =>
    type === "queue" && queue !== undefined ? [[name, queue] as const] : [],
  );
  return Object.fromEntries(queues);
}

/**
 * Refuses to bring a Worker back to an address that nobody has asked for.
 *
 * @throws UserError with what to say
 */
export function requireKnownAddress(
  { domains, isOnWorkersDev }: DeployedWorker,
  { domain, endpoint }: Pick<DeployFile, "domain" | "endpoint">,
): void {
  if (domains === undefined && domain === undefined)
    throw new UserError(
      "the login may not see at which hosts the Worker is: say --domain HOST, or use a token that may read Workers Scripts of the account, or run the command in the folder of that deployment",
    );
  if (isOnWorkersDev || domain !== undefined || endpoint !== undefined) return;
  throw new UserError(
    "the Worker is neither on workers.dev nor on a Custom Domain, but perhaps behind a route of yours: say --endpoint URL",
  );
}

/**
 * Refuses to take a binding away that Ledge does not know of, which Wrangler does with what it is not told.
 *
 * @throws UserError with the option that says so
 */
export function requireKnownBindings(
  { bindings }: DeployedWorker,
  droppedBindings: readonly string[],
): void {
  const lost = bindings.filter(
    ({ name, type }) =>
      type !== "queue" && !OWN_BINDINGS.has(name) && !droppedBindings.includes(name),
  );
  if (lost.length === 0) return;
  const which = lost.map(({ name, type }) => `${name} (${type})`).join(", ");
  const options = lost.map(({ name }) => `--drop-binding ${name}`).join(" ");
  throw new UserError(
    `the Worker has bindings that are not Ledge's: ${which}. An update would take them away: say ${options} if that is meant, or choose another --name.`,
  );
}
