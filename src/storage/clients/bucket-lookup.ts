import { log } from "../../lib/log.ts";
import type { BucketDirectory, BucketRecord } from "../ports/bucket-directory.ts";
import { StaleBucketError } from "../ports/bucket-index.ts";

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
  /** What this isolate remembers, without a question. */
  remembered(name: string): BucketRecord | undefined;
  /** The remembered record turned out to be of a bucket that is gone: asks the Directory. */
  refresh(name: string): Promise<BucketRecord | undefined>;
  /** How this very bucket is now, by the Directory. @throws StaleBucketError when it is gone */
  current(bucket: BucketRecord): Promise<BucketRecord>;
  /**
   * The bucket with this revision of what gateways decide with, or a newer one. The Directory is asked once for all
   * requests of this isolate, but for those that are under way: none waits for what another one has asked, since that one
   * may never end.
   *
   * @throws StaleBucketError when the bucket is gone
   */
  caughtUp(bucket: BucketRecord, gatewayRevision: number): Promise<BucketRecord>;
  /** The bucket is made, or its configuration is newer than what was remembered. */
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
  const keyOf = (name: string): string => `bucket-3/${name}`;

  async function refresh(name: string): Promise<BucketRecord | undefined> {
    const bucket = await directory.find(name);
    if (bucket === undefined) {
      await forget(name);
      return undefined;
    }
    return newest(bucket);
  }

  async function current({ id, name }: BucketRecord): Promise<BucketRecord> {
    const bucket = await refresh(name);
    if (bucket?.id !== id) throw new StaleBucketError();
    return bucket;
  }

  /** The same object as long as nothing changes: what was read of a record, such as its compiled policy, is kept with it. */
  function newest(bucket: BucketRecord): BucketRecord {
    const known = remembered.get(bucket.name);
    // What this isolate remembers is in the copy already: it came from there, or was written there.
    if (known?.id === bucket.id && isAsNew(known, bucket)) return known;
    remember(remembered, bucket);
    const copy = JSON.stringify(bucket);
    const copying = kv?.put(keyOf(bucket.name), copy, { expirationTtl: KV_TTL_SECONDS });
    if (copying !== undefined) waitUntil(copying.catch(ignoreKvFailure));
    return bucket;
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
    remembered: (name) => remembered.get(name),
    refresh,
    current,
    async caughtUp(bucket, gatewayRevision) {
      const known = remembered.get(bucket.name);
      if (known?.id === bucket.id && known.gateway.revision >= gatewayRevision) return known;
      return current(bucket);
    },
    update: (bucket) => void newest(bucket),
    forget,
  };
}

function memoryOf(namespace: Cloudflare.Env["DIRECTORY"]): Memory {
  let memory = memories.get(namespace);
  if (memory === undefined) memories.set(namespace, (memory = new Map()));
  return memory;
}

/** The Directory's records of a bucket are in one order: of two, neither number of the later is less. */
function isAsNew(known: BucketRecord, bucket: BucketRecord): boolean {
  return (
    known.gateway.revision >= bucket.gateway.revision &&
    known.shard.revision >= bucket.shard.revision
  );
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
