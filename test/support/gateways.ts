import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { BucketIndexObject } from "../../src/storage/bucket-shard/durable-object.ts";
import { bucketDirectoryClient } from "../../src/storage/clients/bucket-directory-client.ts";
import { bucketIndexClient } from "../../src/storage/clients/bucket-index-client.ts";
import { bucketLookup } from "../../src/storage/clients/bucket-lookup.ts";
import type { BucketPorts } from "../../src/domain/ports.ts";
import type { Part } from "../../src/protocol/bucket-configuration.ts";
import type { DocumentChange } from "../../src/storage/ports/bucket-directory.ts";
import { envWithShards, withMethods } from "./faults.ts";

export type Gateway = Pick<BucketPorts, "directory" | "buckets" | "indexOf" | "decisions">;

/** A gateway with a memory of its own, and without an edge copy. */
export function makeGateway(bindings: Cloudflare.Env = env): Gateway {
  const directory = bucketDirectoryClient(bindings.DIRECTORY);
  // What is remembered is remembered by the binding.
  const lookupBindings = { DIRECTORY: withMethods(bindings.DIRECTORY, {}) };
  const buckets = bucketLookup(lookupBindings, directory, () => undefined);
  return {
    directory,
    buckets,
    decisions: [],
    indexOf: (bucket, decisions) =>
      bucketIndexClient(bindings.BUCKET_INDEX, directory, buckets, bucket, decisions),
  };
}

/** Shards that start anew for each call. */
export const coldShards = envWithShards((shard) =>
  Object.fromEntries(
    Object.getOwnPropertyNames(BucketIndexObject.prototype).map((method) => [
      method,
      (...given: unknown[]) =>
        runInDurableObject(shard, (_, state) => {
          const started = new BucketIndexObject(state, env);
          return Reflect.apply(Reflect.get(started, method), started, given);
        }),
    ]),
  ),
);

/** The change that puts a document, of which gateways know nothing but that it is there. */
export function putOf(kind: string, part: Part, document: unknown): DocumentChange {
  return { kind, id: "", part, body: JSON.stringify(document), flags: undefined };
}
