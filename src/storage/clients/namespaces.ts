import { jurisdictionOf } from "../../env.ts";
import type { BucketIndexObject } from "../bucket-shard/durable-object.ts";
import type { DirectoryObject } from "../directory-object/durable-object.ts";

/** The Durable Objects of a deployment. */
export interface Namespaces {
  readonly index: DurableObjectNamespace<BucketIndexObject>;
  readonly directory: DurableObjectNamespace<DirectoryObject>;
}

/** In the deployment's jurisdiction, if it has one: objects of the same name elsewhere are others. */
export function namespacesOf(env: Cloudflare.Env): Namespaces {
  const { BUCKET_INDEX: index, DIRECTORY: directory } = env;
  const jurisdiction = jurisdictionOf(env);
  if (jurisdiction === undefined) return { index, directory };
  return {
    index: index.jurisdiction(jurisdiction),
    directory: directory.jurisdiction(jurisdiction),
  };
}
