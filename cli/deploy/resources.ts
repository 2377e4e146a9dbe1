import { UserError } from "../user-error.ts";
import { type CloudflareApi, CloudflareError } from "./cloudflare-api.ts";
import type { Jurisdiction } from "./deploy-options.ts";

/** Where a deployment lives. */
export interface Place {
  readonly api: CloudflareApi;
  readonly accountId: string;
  readonly name: string;
  readonly jurisdiction: Jurisdiction | undefined;
}

/** What of it there is. */
export interface Resources {
  readonly bucketName: string;
  readonly hasBucket: boolean;
  readonly namespaceTitle: string;
  /** Of KV; undefined: it is to be made. */
  readonly namespaceId: string | undefined;
  /** Undefined: there is no such Worker. */
  readonly worker: DeployedWorker | undefined;
}

export interface DeployedWorker {
  /** That is bound as BLOBS. */
  readonly bucketName: string | undefined;
  /** All that is no setting and no secret. */
  readonly bindings: readonly WorkerBinding[];
  /** Its Custom Domains; undefined: the login may not see them. */
  readonly domains: readonly string[] | undefined;
  /** Whether it answers on workers.dev. */
  readonly isOnWorkersDev: boolean;
  /** Its settings, but for the secret ones. */
  readonly vars: Readonly<Record<string, string>>;
  /** To go back to; undefined: Cloudflare does not tell. */
  readonly versionId: string | undefined;
}

/** R2 has to be subscribed to, once for each account. */
const R2_NOT_ENABLED = 10_042;
const NO_SUCH_WORKER = 10_007;
const NO_SUCH_BUCKET = 10_006;

/** @throws UserError when R2 is not enabled */
export async function findResources(place: Place): Promise<Resources> {
  const { api, accountId, name } = place;
  const bucketName = `${name}-blobs`;
  const namespaceTitle = `${name}-identities`;
  const hasBucket = await findBucket(place, bucketName);
  const namespaces = await api.list<{ readonly id: string; readonly title: string }>(
    `/accounts/${accountId}/storage/kv/namespaces`,
    { what: "list your KV namespaces" },
  );
  const namespace = namespaces.find(({ title }) => title === namespaceTitle);
  const worker = await findWorker(place);
  return { bucketName, hasBucket, namespaceTitle, namespaceId: namespace?.id, worker };
}

async function findBucket(
  { api, accountId, jurisdiction }: Place,
  bucketName: string,
): Promise<boolean> {
  try {
    await api.call(`/accounts/${accountId}/r2/buckets/${bucketName}`, {
      what: `look for the R2 bucket ${bucketName}`,
      jurisdiction,
    });
    return true;
  } catch (error) {
    if (!(error instanceof CloudflareError)) throw error;
    if (error.codes.includes(R2_NOT_ENABLED))
      throw new UserError(
        `R2 is not enabled for this account. Enable it once, at https://dash.cloudflare.com/${accountId}/r2/overview, and run the same command again.`,
      );
    if (error.codes.includes(NO_SUCH_BUCKET)) return false;
    throw error;
  }
}

export interface WorkerBinding {
  readonly name: string;
  /** e.g. `queue`, `analytics_engine`, `r2_bucket`. */
  readonly type: string;
  readonly bucket_name?: string;
  readonly queue_name?: string;
  /** Of a variable that is no secret. */
  readonly text?: string;
}

interface WorkerSettings {
  readonly bindings?: readonly WorkerBinding[];
}

/** Of these an update says all, or keeps all. */
const TEXTS: ReadonlySet<string> = new Set(["plain_text", "secret_text"]);

interface WorkerDeployments {
  readonly deployments?: readonly {
    readonly versions?: readonly { readonly version_id?: string }[];
  }[];
}

async function findWorker(place: Place): Promise<DeployedWorker | undefined> {
  const { api, accountId, name } = place;
  const path = `/accounts/${accountId}/workers/scripts/${name}`;
  const what = `look for the Worker ${name}`;
  try {
    const { bindings } = await api.call<WorkerSettings>(`${path}/settings`, { what });
    const { deployments } = await api.call<WorkerDeployments>(`${path}/deployments`, { what });
    const workersDev = await api.call<{ readonly enabled?: boolean }>(`${path}/subdomain`, {
      what,
    });
    return {
      bindings: (bindings ?? []).filter(({ type }) => !TEXTS.has(type)),
      domains: await domainsOf(place),
      isOnWorkersDev: workersDev.enabled === true,
      bucketName: bindings?.find((each) => each.name === "BLOBS")?.bucket_name,
      vars: Object.fromEntries(
        (bindings ?? [])
          .filter(({ type }) => type === "plain_text")
          .map(({ name: variable, text = "" }) => [variable, text]),
      ),
      versionId: deployments?.[0]?.versions?.[0]?.version_id,
    };
  } catch (error) {
    const isMissing = error instanceof CloudflareError && error.codes.includes(NO_SUCH_WORKER);
    if (isMissing) return undefined;
    throw error;
  }
}

/** Source: https://developers.cloudflare.com/api/resources/workers/subresources/domains/methods/list/ */
async function domainsOf({ api, accountId, name }: Place): Promise<readonly string[] | undefined> {
  try {
    const domains = await api.list<{ readonly hostname: string; readonly service?: string }>(
      `/accounts/${accountId}/workers/domains?service=${name}`,
      { what: `look for the Custom Domains of the Worker ${name}` },
    );
    return domains.filter(({ service }) => service === name).map(({ hostname }) => hostname);
  } catch (error) {
    if (error instanceof CloudflareError && [401, 403].includes(error.status)) return undefined;
    throw error;
  }
}

/** Which installation the R2 bucket says that it is of; undefined: it says nothing. */
export function installationOf(place: Place, bucketName: string): Promise<string | undefined> {
  const { api, accountId, jurisdiction } = place;
  return api.read(
    `/accounts/${accountId}/r2/buckets/${bucketName}/objects/${encodeURIComponent("_ledge/installation")}`,
    { what: `read which installation the R2 bucket ${bucketName} is of`, jurisdiction },
  );
}

/**
 * Refuses a bucket whose bytes another index speaks of: the Worker itself would answer nothing with it.
 *
 * @param knownId as it was after the last deployment
 */
export async function requireOwnBucket(
  place: Place,
  { bucketName, hasBucket, worker }: Resources,
  knownId: string | undefined,
): Promise<void> {
  if (worker !== undefined) requireOwnWorker(place, bucketName, worker);
  if (!hasBucket) {
    const whose = knownId === undefined ? `the Worker ${place.name}` : `installation ${knownId}`;
    if (knownId !== undefined || worker !== undefined)
      throw new UserError(
        `the R2 bucket ${bucketName}, of ${whose}, is gone. A new one would be served empty under a full index. If that is meant, delete the Worker and the file of this deployment first.`,
      );
    return;
  }
  const marked = await installationOf(place, bucketName);
  const isAnothers = knownId === undefined ? worker === undefined : marked !== knownId;
  if (marked !== undefined && isAnothers)
    throw new UserError(
      `the R2 bucket ${bucketName} is of installation ${marked}, whose index is not this Worker's. Choose another --name, or run the command in the folder of that deployment.`,
    );
  if (marked === undefined && worker === undefined && (await hasObjects(place, bucketName)))
    throw new UserError(
      `the R2 bucket ${bucketName} is there, and holds objects that are not Ledge's. Choose another --name.`,
    );
}

/** Under another jurisdiction the Worker would find an empty Directory, and an empty bucket that goes with it. */
function requireOwnWorker(
  { name, jurisdiction }: Place,
  bucketName: string,
  worker: DeployedWorker,
): void {
  if (worker.bucketName !== bucketName) {
    const where =
      worker.bucketName === undefined ? "no R2 bucket" : `the R2 bucket ${worker.bucketName}`;
    throw new UserError(
      `the Worker ${name} has its bytes in ${where}, not in ${bucketName}. Another program may have the name; choose another --name.`,
    );
  }
  const { JURISDICTION: chosen = "" } = worker.vars;
  if (chosen === (jurisdiction ?? "")) return;
  const told = chosen === "" ? "in no jurisdiction" : `in the jurisdiction ${chosen}`;
  throw new UserError(
    `the Worker ${name} has its data ${told}, which cannot be changed. Say the same --jurisdiction, or run the command in the folder of that deployment.`,
  );
}

async function hasObjects(place: Place, bucketName: string): Promise<boolean> {
  const { api, accountId, jurisdiction } = place;
  const objects = await api.call<readonly unknown[]>(
    `/accounts/${accountId}/r2/buckets/${bucketName}/objects?per_page=1`,
    { what: `look into the R2 bucket ${bucketName}`, jurisdiction },
  );
  return objects.length > 0;
}

/** Makes what there is not. @returns the id of the KV namespace */
export async function makeResources(
  place: Place,
  { bucketName, hasBucket, namespaceTitle, namespaceId }: Resources,
  tell: (message: string) => void,
): Promise<string> {
  const { api, accountId, jurisdiction } = place;
  if (!hasBucket) {
    await api.call(`/accounts/${accountId}/r2/buckets`, {
      method: "POST",
      what: `make the R2 bucket ${bucketName}`,
      body: { name: bucketName },
      jurisdiction,
    });
    tell(`Made the R2 bucket ${bucketName}.`);
  }
  if (namespaceId !== undefined) return namespaceId;
  const { id } = await api.call<{ readonly id: string }>(
    `/accounts/${accountId}/storage/kv/namespaces`,
    {
      method: "POST",
      what: `make the KV namespace ${namespaceTitle}`,
      body: { title: namespaceTitle },
    },
  );
  tell(`Made the KV namespace ${namespaceTitle}.`);
  return id;
}
