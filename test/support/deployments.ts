import { Miniflare, type MiniflareOptions } from "miniflare";
import type { WorkerBuild } from "./worker-builds.ts";

export type MiniflareWorker = MiniflareOptions["workers"][number];

/** A Worker as it is deployed. */
export interface Deployment {
  readonly name: string;
  readonly build: WorkerBuild;
  /** The deployment whose Durable Objects it calls; its own unless it says so. */
  readonly objectsOf?: string;
}

/** What runs, on one KV, and an R2 bucket for each Directory. */
export interface Deployments {
  endpointOf(name: string): Promise<string>;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** In all buckets. */
  blobIds(): Promise<string[]>;
  stop(): Promise<void>;
}

/** Not the published ones, which no deployment takes. */
export const CREDENTIALS = { accessKeyId: "deployed", secretAccessKey: "secret-of-the-deployment" };

/** Runs Workers of several builds side by side, each at a port of its own. @param others that are no Ledge */
export async function deploy(
  deployments: readonly Deployment[],
  others: readonly MiniflareWorker[] = [],
): Promise<Deployments> {
  const miniflare = new Miniflare({ workers: [...deployments.map(workerOf), ...others] });
  await miniflare.ready;
  return {
    async endpointOf(name) {
      return (await miniflare.unsafeGetDirectURL(name)).origin;
    },
    credentials: CREDENTIALS,
    async blobIds() {
      const ids: string[] = [];
      for (const { name } of deployments.filter(({ objectsOf }) => objectsOf === undefined)) {
        // Miniflare's types take a bucket for something to fetch from.
        const blobs = (await miniflare.getR2Bucket("BLOBS", name)) as unknown as R2Bucket;
        const { objects } = await blobs.list();
        ids.push(...objects.map(({ key }) => key).filter((key) => key !== "_ledge/installation"));
      }
      return ids;
    },
    stop: () => miniflare.dispose(),
  };
}

function workerOf({ name, build, objectsOf = name }: Deployment): MiniflareWorker {
  const { script, compatibilityDate, vars } = build;
  const texts = {
    ...vars,
    // What is of several shards is merged, and goes from one to another.
    INDEX_SHARDS: "4",
    NEW_BUCKETS: "acls",
    SSE_C_OVER_HTTP: "allow",
    LOG_REQUESTS: "false",
    ROOT_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    ROOT_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  };
  const objects = { type: "durable-object", worker: objectsOf } as const;
  const stored = { type: "durable-object", storage: "sqlite" } as const;
  return {
    config: {
      name,
      compatibilityDate,
      manifest: {
        mainModule: "worker.js",
        modulesRoot: "/",
        modules: { "worker.js": { type: "esm", contents: script } },
      },
      env: {
        ...Object.fromEntries(
          Object.entries(texts).map(([variable, value]) => [variable, { type: "text", value }]),
        ),
        BLOBS: { type: "r2", name: `blobs-of-${objectsOf}` },
        IDENTITIES: { type: "kv", id: "identities" },
        BUCKET_INDEX: { ...objects, exportName: "BucketIndexObject" },
        DIRECTORY: { ...objects, exportName: "DirectoryObject" },
      },
      ...(objectsOf === name && {
        exports: { BucketIndexObject: stored, DirectoryObject: stored },
      }),
    },
    dev: { unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }] },
  };
}
