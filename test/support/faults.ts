import { env } from "cloudflare:workers";
import {
  createExecutionContext,
  runDurableObjectAlarm,
  waitOnExecutionContext,
} from "cloudflare:test";
import { vi } from "vitest";
import { app } from "../../src/http/app.ts";
import type { BucketIndexObject } from "../../src/storage/bucket-shard/durable-object.ts";
import { signRequest } from "./client.ts";
import { bucketDirectoryClient } from "../../src/storage/clients/bucket-directory-client.ts";

/** The environment with some of its bindings replaced by ones that fail. */
export function faultyEnv(replaced: Partial<Cloudflare.Env>): Cloudflare.Env {
  return { ...env, ...replaced };
}

/** A binding of which some methods are replaced. */
export function withMethods<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get(original, name) {
      if (Object.hasOwn(methods, name)) return Reflect.get(methods, name);
      const value: unknown = Reflect.get(original, name);
      if (typeof value !== "function") return value;
      // Not `bind`: what a stub has is a remote method, and `bind` would be one, too.
      return (...given: unknown[]): unknown => Reflect.apply(value, original, given);
    },
  });
}

type Shard = DurableObjectStub<BucketIndexObject>;

/** An environment in which the gateway's calls of some methods of the shards go another way. */
export function envWithShards(methodsOf: (shard: Shard) => object): Cloudflare.Env {
  // The proxy stands for a stub: only these methods are replaced.
  const replaced = (shard: Shard) => withMethods<object>(shard, methodsOf(shard)) as typeof shard;
  return faultyEnv({
    BUCKET_INDEX: withMethods(env.BUCKET_INDEX, {
      get: (id) => replaced(env.BUCKET_INDEX.get(id)),
      getByName: (name) => replaced(env.BUCKET_INDEX.getByName(name)),
    }),
  });
}

/** The calls of a shard that may fail. */
type ShardCall =
  | "append"
  | "abortUpload"
  | "changeAnnotation"
  | "commit"
  | "completeUpload"
  | "createUpload"
  | "listAnnotations"
  | "putPart"
  | "remove";

/** An environment whose shards fail at one call, before or after it took effect. */
export function envWithFailing(call: ShardCall, when: "before" | "after"): Cloudflare.Env {
  return envWithShards((shard) => ({
    async [call](...given: unknown[]) {
      if (when === "after") await Reflect.apply(shard[call], shard, given);
      throw new Error("the shard was moved: secret detail");
    },
  }));
}

/** As `signedFetch`, but through the Worker with the environment given. */
export async function faultyFetch(
  faulty: Cloudflare.Env,
  ...[method, path, init]: Parameters<typeof signRequest>
): Promise<Response> {
  return faultyAnswer(faulty, await signRequest(method, path, init));
}

/** The same for a request that is made already. */
export async function faultyAnswer(faulty: Cloudflare.Env, request: Request): Promise<Response> {
  const context = createExecutionContext();
  const response = await app.fetch(request, faulty, context);
  await waitOnExecutionContext(context);
  return response;
}

/** Lets the clock jump ahead, for the test and for the Durable Objects, which run in its isolate. */
export function advanceClock(ms: number): void {
  const nowMs = Date.now() + ms;
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(nowMs);
}

/** Runs the alarms of all shards of a bucket as they are due. */
export async function runAlarms(bucketId: string): Promise<void> {
  for (let shard = 0; shard < Number(env.INDEX_SHARDS); shard += 1)
    await runDurableObjectAlarm(env.BUCKET_INDEX.getByName(`${bucketId}/${shard}`));
}

/** The bucket's id, under which its shards and blobs are named. */
export async function bucketIdOf(name: string): Promise<string> {
  const record = await bucketDirectoryClient(env.DIRECTORY).find(name);
  if (record === undefined) throw new Error(`no bucket ${name}`);
  return record.id;
}

/** The blobs that the store holds of a bucket. */
export async function blobsOf(bucketId: string): Promise<string[]> {
  const { objects } = await env.BLOBS.list({ prefix: `${bucketId}/` });
  return objects.map(({ key }) => key);
}

/** The blobs that the store holds of the bucket that has this name. */
export async function blobsIn(bucket: string): Promise<string[]> {
  return blobsOf(await bucketIdOf(bucket));
}
