import { S3Error } from "../../protocol/errors.ts";
import type { Quota } from "../../protocol/quota/quota-document.ts";
import { allShards } from "../../storage/clients/shard-map.ts";
import type { FiguredBucket, FigureSource } from "../../storage/ports/shard-figures.ts";

/** How old what the shards told may be. So long an isolate does not know what others have let in. */
const MAX_AGE_MS = 5000;
/** Buckets with a quota that an isolate remembers. */
const MOST_BUCKETS = 1000;

/** What is added. */
export interface Addition {
  readonly bytes: number;
  readonly objects: number;
}

interface Usage {
  /** As the shards told. */
  bytes: number;
  objects: number;
  askedMs: number;
  /** What was let in that the shards may not have told yet. */
  takenBytes: number;
  takenObjects: number;
  /** Of that, what is under way. */
  pendingBytes: number;
  pendingObjects: number;
  /** Since when somebody asks the shards; undefined: nobody does. */
  askingMs: number | undefined;
}

/**
 * How much buckets with a quota have, as far as this isolate knows: what their shards told up to 5 seconds ago, and what it has let in
 * itself since. So one isolate alone, as the local server is, never lets in too much; of several, each may let in what fits by what it
 * knows, until it asks again.
 */
export class QuotaUsage {
  readonly #source: FigureSource;
  readonly #usages = new Map<string, Usage>();

  constructor(source: FigureSource) {
    this.#source = source;
  }

  /** Whether so much more would fit now. @throws S3Error SlowDown while a shard counts what it has */
  async fits(bucket: FiguredBucket, quota: Quota, addition: Addition): Promise<boolean> {
    return fitsIn(await this.#usageOf(bucket), quota, addition);
  }

  /**
   * Runs an effect that adds so much, if that fits. What the index has refused, or not done, has added nothing; of what fails it is not
   * known.
   *
   * @returns `false`: it does not fit
   * @throws S3Error SlowDown while a shard counts what it has; and what the effect throws
   */
  async adding<T extends { readonly ok: boolean } | undefined>(
    bucket: FiguredBucket,
    quota: Quota,
    addition: Addition,
    effect: () => Promise<T>,
  ): Promise<T | false> {
    const usage = await this.#usageOf(bucket);
    if (!fitsIn(usage, quota, addition)) return false;
    const { bytes, objects } = addition;
    usage.takenBytes += bytes;
    usage.takenObjects += objects;
    usage.pendingBytes += bytes;
    usage.pendingObjects += objects;
    try {
      const outcome = await effect();
      if (outcome?.ok !== true) {
        usage.takenBytes -= bytes;
        usage.takenObjects -= objects;
      }
      return outcome;
    } finally {
      usage.pendingBytes -= bytes;
      usage.pendingObjects -= objects;
    }
  }

  async #usageOf(bucket: FiguredBucket): Promise<Usage> {
    const nowMs = Date.now();
    const known = this.#usages.get(bucket.id);
    if (known !== undefined && !isOld(known, nowMs)) return known;
    const before = known && { ...known };
    if (known !== undefined) known.askingMs = nowMs;
    const { bytes, objects } = await this.#ask(bucket);
    const usage = this.#usages.get(bucket.id) ?? this.#remember(bucket.id);
    // Another request has asked as well, and what was let in since is counted by its answer.
    if (usage.askedMs !== before?.askedMs && !isOld(usage, nowMs)) return usage;
    const { takenBytes, takenObjects, pendingBytes, pendingObjects } = before ?? NOTHING;
    Object.assign(usage, {
      bytes,
      objects,
      askedMs: nowMs,
      // What was under way then, and what came since: some of it the shards have told already.
      takenBytes: pendingBytes + Math.max(0, usage.takenBytes - takenBytes),
      takenObjects: pendingObjects + Math.max(0, usage.takenObjects - takenObjects),
      askingMs: undefined,
    });
    return usage;
  }

  #remember(bucketId: string): Usage {
    if (this.#usages.size >= MOST_BUCKETS) this.#usages.clear();
    const usage = { ...NOTHING };
    this.#usages.set(bucketId, usage);
    return usage;
  }

  async #ask(bucket: FiguredBucket): Promise<Addition> {
    const shards = Array.from({ length: allShards(bucket) }, (_, shard) =>
      this.#source.askShard(bucket, shard),
    );
    let bytes = 0;
    let objects = 0;
    for (const figures of await Promise.all(shards)) {
      if (figures?.versions === undefined) throw new S3Error("SlowDown", { message: COUNTING });
      const { annotationBytes = 0, uploadBytes = 0 } = figures;
      bytes += (figures.bytes ?? 0) + uploadBytes + annotationBytes;
      objects += figures.versions;
    }
    return { bytes, objects };
  }
}

const COUNTING = "The bucket has a quota, and what it has is being counted. Please try again.";

const NOTHING: Usage = {
  bytes: 0,
  objects: 0,
  askedMs: 0,
  takenBytes: 0,
  takenObjects: 0,
  pendingBytes: 0,
  pendingObjects: 0,
  askingMs: undefined,
};

/** While one request asks, the others go on by what was known, for as long again at most. */
function isOld({ askedMs, askingMs }: Usage, nowMs: number): boolean {
  // Whichever way the clock was set.
  const ageMs = Math.abs(nowMs - askedMs);
  if (ageMs < MAX_AGE_MS) return false;
  const isAsked = askingMs !== undefined && Math.abs(nowMs - askingMs) < MAX_AGE_MS;
  return !(isAsked && ageMs < 2 * MAX_AGE_MS);
}

function fitsIn(usage: Usage, quota: Quota, { bytes, objects }: Addition): boolean {
  return (
    usage.bytes + usage.takenBytes + bytes <= (quota.bytes ?? Infinity) &&
    usage.objects + usage.takenObjects + objects <= (quota.objects ?? Infinity)
  );
}
