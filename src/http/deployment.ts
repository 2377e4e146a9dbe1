import type { Installation } from "../domain/check-installation.ts";
import { AccessLog } from "../domain/access-log/access-log.ts";
import { spansOf } from "../lib/spans.ts";
import { StrangersQuestions } from "../domain/access/strangers.ts";
import { isMadeId } from "../domain/auth/access-key-id.ts";
import { type Identities, identitiesOf } from "../domain/auth/identities.ts";
import type { CommonPorts, Ports } from "../domain/ports.ts";
import { readSettings } from "../env.ts";
import { blobStoreOf } from "../storage/blobs/blob-store-of.ts";
import { diskRoomOf } from "../storage/blobs/disk-room.ts";
import { accountDirectoryClient } from "../storage/clients/account-directory-client.ts";
import { identityLookup } from "../storage/clients/identity-lookup.ts";
import type { Waiter } from "../lib/waiter.ts";
import { identityDirectoryClient } from "../storage/clients/identity-directory-client.ts";
import { sessionDirectoryClient } from "../storage/clients/session-directory-client.ts";
import { keyDirectoryClient } from "../storage/clients/key-directory-client.ts";
import { type Namespaces, namespacesOf } from "../storage/clients/namespaces.ts";
import { keyRegistry } from "../storage/clients/key-registry.ts";
import { installationMark } from "../storage/blobs/installation-mark.ts";
import { installationClient } from "../storage/clients/installation-client.ts";
import { auditLogClient } from "../storage/clients/audit-log-client.ts";
import { bucketIndexClient } from "../storage/clients/bucket-index-client.ts";
import { bucketLookup } from "../storage/clients/bucket-lookup.ts";
import { bucketDirectoryClient } from "../storage/clients/bucket-directory-client.ts";
import { contentIndexClient } from "../storage/clients/content-index-client.ts";
import { sealedDirectoryClient } from "../storage/clients/sealed-directory-client.ts";
import { ListenedBuckets } from "../domain/listened-buckets.ts";
import { RequestFigures } from "../domain/metrics/request-figures.ts";
import { QuotaUsage } from "../domain/quota/quota-usage.ts";
import { ShardGauges } from "../domain/metrics/shard-gauges.ts";
import { isOneProcess, stoppingOf } from "../storage/blobs/local-bindings.ts";
import { figureSourceClient } from "../storage/clients/figure-source-client.ts";
import type { BucketIndex } from "../storage/ports/bucket-index.ts";
import { directoryInspectionClient } from "../storage/clients/directory-inspection-client.ts";
import { shardInspectionClient } from "../storage/clients/shard-inspection-client.ts";
import { backupDirectoryClient } from "../storage/clients/backup-directory-client.ts";
import { providerKeys } from "../domain/oidc/provider-keys.ts";
import { findTarget, targetLookup } from "../domain/replication-targets.ts";
import { targetDirectoryClient } from "../storage/clients/target-directory-client.ts";
import { DeploymentGuard } from "./deployment-guard.ts";

/** What all requests of an environment have in common. */
export interface Deployment extends CommonPorts {
  /** Asked before anything else; undefined: there is nothing to be asked, as locally. */
  readonly guard: DeploymentGuard | undefined;
  readonly namespaces: Namespaces;
  /** Where each request leaves a data point, if the deployment binds one. */
  readonly analytics: AnalyticsEngineDataset | undefined;
  readonly identities: Identities;
}

const deployments = new WeakMap<Cloudflare.Env, Deployment>();

/**
 * An environment does not change: this is made at its first request. A process may run servers with several.
 *
 * @throws Error naming the variable when a setting is not valid
 */
export function deploymentOf(env: Cloudflare.Env): Deployment {
  let deployment = deployments.get(env);
  if (deployment === undefined) deployments.set(env, (deployment = make(env)));
  return deployment;
}

function make(env: Cloudflare.Env): Deployment {
  const settings = readSettings(env);
  const namespaces = namespacesOf(env);
  const accounts = accountDirectoryClient(namespaces.directory);
  // The local server has no KV: there the Directory is as near.
  const { IDENTITIES: copies } = env as Partial<Pick<Cloudflare.Env, "IDENTITIES">>;
  const { masterKey } = settings;
  const isMade = (accessKeyId: string): boolean =>
    masterKey !== undefined && isMadeId(accessKeyId, masterKey);
  const sessions = sessionDirectoryClient(namespaces.directory);
  const lookup = identityLookup(accounts, sessions, {
    copies,
    maxAgeMs: settings.identityMaxAgeMs,
    isMadeId: isMade,
  });
  const identities = identitiesOf(settings, lookup);
  const figures = figureSourceClient(namespaces.directory, namespaces.index);
  const keyDirectory = keyDirectoryClient(namespaces.directory);
  const keys = keyRegistry(keyDirectory, masterKey?.subKeys("kms"), settings.declaredKeys);
  const identityDirectory = identityDirectoryClient(namespaces.directory, lookup);
  const targets = targetDirectoryClient(namespaces.directory);
  return {
    settings,
    guard: settings.isLocal
      ? undefined
      : new DeploymentGuard(settings, () => installationOf(env, namespaces)),
    namespaces,
    accounts,
    identityLookup: lookup,
    identityDirectory,
    identities,
    keys,
    keyDirectory,
    sessions,
    directory: bucketDirectoryClient(namespaces.directory),
    sealed: sealedDirectoryClient(namespaces.directory),
    targets,
    targetLookup: targetLookup(targets, copies, settings.identityMaxAgeMs),
    auditLog: auditLogClient(namespaces.directory),
    contents: contentIndexClient(namespaces.index),
    inspection: shardInspectionClient(namespaces.index),
    directoryInspection: directoryInspectionClient(namespaces.directory),
    accessLog: new AccessLog(settings.logFlushMs),
    backups: backupDirectoryClient(namespaces.directory),
    providerKeys: providerKeys(copies, settings.hasLocalIssuers),
    strangers: new StrangersQuestions(),
    analytics: (env as { readonly ANALYTICS?: AnalyticsEngineDataset }).ANALYTICS,
    requestFigures: isOneProcess(env) ? new RequestFigures() : undefined,
    listenedBuckets: new ListenedBuckets(settings, stoppingOf(env)),
    shardGauges: new ShardGauges(figures),
    quotaUsage: new QuotaUsage(figures),
  };
}

function installationOf(env: Cloudflare.Env, namespaces: Namespaces): Installation {
  return {
    record: installationClient(namespaces.directory),
    mark: installationMark(env.BLOBS),
    bucketName: env.BLOBS_BUCKET,
  };
}

/**
 * The same once it is known to be safe to use: for whoever calls it, or is called, beside the clients whom `app.ts` answers.
 *
 * @throws as {@link deploymentOf}; S3Error as {@link DeploymentGuard}
 */
export async function safeDeploymentOf(env: Cloudflare.Env): Promise<Deployment> {
  const deployment = deploymentOf(env);
  await deployment.guard?.pass(Date.now());
  return deployment;
}

/** Methods of the index that call no shard. */
const COMPUTING: ReadonlySet<string> = new Set<keyof BucketIndex>([
  "isHome",
  "isNeighbour",
  "newBlobId",
  "shardNames",
]);

/** What one request works with, or one call of an entrypoint. */
export function portsOf(env: Cloudflare.Env, deployment: Deployment, waiter: Waiter): Ports {
  const waitUntil = (promise: Promise<unknown>): void => waiter.waitUntil(promise);
  const { directory, namespaces } = deployment;
  const buckets = bucketLookup(env, directory, waitUntil);
  const blobs = blobStoreOf(env);
  const spans = spansOf(waiter);
  return {
    ...deployment,
    waiter,
    spans,
    buckets,
    blobs: spans === undefined ? blobs : spans.around(blobs, "blob"),
    room: diskRoomOf(env),
    publicLane: undefined,
    notes: {},
    findTarget: (arn) => findTarget(deployment, arn, waiter),
    indexOf(bucket, decisions, origin) {
      const isListenedTo = deployment.listenedBuckets.has(bucket.id);
      const index = bucketIndexClient(
        namespaces.index,
        directory,
        buckets,
        bucket,
        decisions,
        origin,
        isListenedTo,
      );
      return spans === undefined ? index : spans.around(index, "index", COMPUTING);
    },
  };
}
