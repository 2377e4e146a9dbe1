import { once } from "node:events";
import { type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { Miniflare } from "miniflare";

/** A Worker as Wrangler uploads it. */
export interface UploadedWorker {
  readonly name: string;
  readonly script: string;
  readonly bindings: readonly UploadedBinding[];
  readonly metadata: {
    readonly compatibility_date: string;
    /** Types of those of the version before that stay. */
    readonly keep_bindings: readonly string[];
  };
}

interface UploadedBinding {
  readonly name: string;
  readonly type: string;
  readonly text?: string;
  readonly bucket_name?: string;
  readonly namespace_id?: string;
  readonly class_name?: string;
  readonly dataset?: string;
  readonly queue_name?: string;
}

/** It runs. */
export interface DeployedWorker {
  answer(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void>;
  objectKeys(bucket: string): Promise<string[]>;
  readObject(bucket: string, key: string): Promise<string | undefined>;
  /** @returns the folder of what it has stored, for the next version */
  stop(): Promise<string>;
}

/** Runs what was uploaded on the runtime that Cloudflare has, with stand-ins for R2, KV, and Durable Objects. */
export async function deployWorker(
  { name, script, bindings, metadata }: UploadedWorker,
  earlierFolder: string | undefined,
): Promise<DeployedWorker> {
  const folder = earlierFolder ?? (await mkdtemp(path.join(tmpdir(), "ledge-deployed-")));
  if (earlierFolder === undefined)
    process.once("exit", () => void rm(folder, { recursive: true, force: true }));
  const stored = { type: "durable-object", storage: "sqlite" } as const;
  const miniflare = new Miniflare({
    resourcePersistencePath: folder,
    workers: [
      {
        config: {
          name,
          compatibilityDate: metadata.compatibility_date,
          manifest: {
            mainModule: "worker.js",
            modulesRoot: "/",
            modules: { "worker.js": { type: "esm", contents: script } },
          },
          env: Object.fromEntries(bindings.map((each) => [each.name, boundAs(name, each)])),
          exports: { BucketIndexObject: stored, DirectoryObject: stored },
        },
        dev: { unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }] },
      },
    ],
  });
  await miniflare.ready;
  const direct = await miniflare.unsafeGetDirectURL(name);
  // Miniflare's types take a bucket for something to fetch from.
  const bucketOf = async () => (await miniflare.getR2Bucket("BLOBS", name)) as unknown as R2Bucket;
  const bound = bindings.find((each) => each.name === "BLOBS")?.bucket_name;
  return {
    async answer(request, body, response) {
      // Not by `fetch`, which would name another Host than was signed.
      const { method, headers, url: target } = request;
      const sent = httpRequest(String(direct), { method, headers, path: target }).end(body);
      const [answer]: IncomingMessage[] = await once(sent, "response");
      if (answer === undefined) throw new Error("no response");
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      await pipeline(answer, response);
    },
    async objectKeys(bucket) {
      if (bucket !== bound) return [];
      const { objects } = await (await bucketOf()).list();
      return objects.map(({ key }) => key);
    },
    async readObject(bucket, key) {
      if (bucket !== bound) return undefined;
      return (await (await bucketOf()).get(key))?.text();
    },
    async stop() {
      await miniflare.dispose();
      return folder;
    },
  };
}

function boundAs(worker: string, binding: UploadedBinding) {
  const {
    type,
    text = "",
    bucket_name,
    namespace_id,
    class_name = "",
    dataset = "",
    queue_name = "",
  } = binding;
  switch (type) {
    case "r2_bucket":
      return { type: "r2", name: bucket_name } as const;
    case "kv_namespace":
      return { type: "kv", id: namespace_id } as const;
    case "durable_object_namespace":
      return { type: "durable-object", worker, exportName: class_name } as const;
    case "queue":
      return { type: "queue", name: queue_name } as const;
    case "analytics_engine":
      return { type: "analytics-engine-dataset", name: dataset } as const;
    default:
      return { type: "text", value: text } as const;
  }
}
