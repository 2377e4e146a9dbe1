import { log } from "../../lib/log.ts";
import type { BucketDirectory, BucketRecord } from "../ports/bucket-directory.ts";

/** Records that one isolate remembers of a Directory. */
const MAX_REMEMBERED = 10_000;
/** A record is never wrong for long: shards of a deleted bucket refuse (`StaleBucketError`), whoever asks. */
const KV_TTL_SECONDS = 24 * 60 * 60;

type Memory = Map<string, BucketRecord>;

/** By Directory: a process may run several local servers, and a name is another bucket in each. */
const memories = new WeakMap<Cloudflare.Env["DIRECTORY"], Memory>();

type LookupBindings = Pick<Cloudflare.Env, "DIRECTORY"> &
  Partial<Pick<Cloudflare.Env, "IDENTITIES">>;

/**
 * Bucket name → record, by way of this isolate's memory, then the edge copy in KV, then the Directory.
 * Only what exists is remembered, so a new bucket is seen at once.
 */
export interface BucketLookup {
  find(name: string): Promise<BucketRecord | undefined>;
  /** The remembered record turned out to be of a bucket that is gone: asks the Directory. */
  refresh(name: string): Promise<BucketRecord | undefined>;
  /** The bucket's configuration is newer than what was remembered. */
  update(bucket: BucketRecord): void;
  /** This deployment has just deleted the bucket. */
  forget(name: string): Promise<void>;
}

/** @param env without IDENTITIES, the edge copy, on the local server, where the Directory is as near */
export function bucketLookup(
  { DIRECTORY: namespace, IDENTITIES: kv }: LookupBindings,
  directory: BucketDirectory,
  waitUntil: (promise: Promise<unknown>) => void,
): BucketLookup {
  const remembered = memoryOf(namespace);
  const keyOf = (name: string): string => `bucket-2/${name}`;

  async function refresh(name: string): Promise<BucketRecord | undefined> {
    const bucket = await directory.find(name);
    if (bucket === undefined) {
      await forget(name);
      return undefined;
    }
    update(bucket);
    return bucket;
  }

  function update(bucket: BucketRecord): void {
    const known = remembered.get(bucket.name);
    // What this isolate remembers is in the copy already: it came from there, or was written there.
    if (known?.id === bucket.id && known.revision >= bucket.revision) return;
    remember(remembered, bucket);
    const copy = JSON.stringify(bucket);
    const copying = kv?.put(keyOf(bucket.name), copy, { expirationTtl: KV_TTL_SECONDS });
    if (copying !== undefined) waitUntil(copying.catch(ignoreKvFailure));
  }

  async function forget(name: string): Promise<void> {
    remembered.delete(name);
    await kv?.delete(keyOf(name)).catch(ignoreKvFailure);
  }

  return {
    async find(name) {
      const known = remembered.get(name);
      if (known !== undefined) return known;
      const copy = await kv?.get<BucketRecord>(keyOf(name), "json").catch(ignoreKvFailure);
      if (copy === null || copy === undefined) return refresh(name);
      remember(remembered, copy);
      return copy;
    },
    refresh,
    update,
    forget,
  };
}

function memoryOf(namespace: Cloudflare.Env["DIRECTORY"]): Memory {
  let memory = memories.get(namespace);
  if (memory === undefined) memories.set(namespace, (memory = new Map()));
  return memory;
}

function remember(remembered: Memory, bucket: BucketRecord): void {
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(bucket.name, bucket);
}

/** KV is a copy: it may lag, refuse (one write a second for a key) or be down, and nothing is lost. */
function ignoreKvFailure(error: unknown): undefined {
  log("warn", "edge copy failed", { error: String(error) });
  return undefined;
}
