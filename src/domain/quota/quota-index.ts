import { S3Error } from "../../protocol/errors.ts";
import type { Quota } from "../../protocol/quota/quota-document.ts";
import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import type { BucketIndex } from "../../storage/ports/bucket-index.ts";
import type { Addition, QuotaUsage } from "./quota-usage.ts";

/** How the index refuses, as a value: whoever has stored bytes for what is refused takes them away again. */
const EXCEEDED = { ok: false, reason: "QuotaExceeded" } as const;

const NOTHING: Addition = { bytes: 0, objects: 0 };

/**
 * The index of a bucket with a quota: what adds data is asked for first. What replaces an object is counted as if that stayed, until the
 * shards are asked again. Deletes, and changes of what is there, pass.
 */
export function quotaIndex(
  index: BucketIndex,
  bucket: BucketRecord,
  quota: Quota,
  usage: QuotaUsage,
): BucketIndex {
  const adding = <T extends { readonly ok: boolean } | undefined>(
    addition: Addition,
    effect: () => Promise<T>,
  ): Promise<T | false> => usage.adding(bucket, quota, addition, effect);
  // While versioning is suspended, versions of before stay, too.
  const hasVersions = bucket.shard.flags.versioning !== undefined;

  return {
    ...index,

    async commit(key, draft, conditions) {
      // A rename from one shard to another, which takes away there what it adds here.
      const isMoved = draft.by === "Rename" && !hasVersions;
      const addition = isMoved ? NOTHING : { bytes: draft.sizeBytes, objects: 1 };
      return (await adding(addition, () => index.commit(key, draft, conditions))) || EXCEEDED;
    },

    append: async (key, draft, conditions) =>
      // Of versions the one before stays, too.
      (await adding(
        hasVersions
          ? { bytes: draft.sizeBytes, objects: 1 }
          : { bytes: draft.addedBytes, objects: 0 },
        () => index.append(key, draft, conditions),
      )) || EXCEEDED,

    async rename(rename) {
      const addition = { bytes: 0, objects: Number(hasVersions) };
      const outcome = await adding(addition, () => index.rename(rename));
      // Undefined is an answer of its own: the two keys are in two shards.
      return outcome === false ? EXCEEDED : outcome;
    },

    putPart: async (key, uploadId, partNumber, draft) =>
      (await adding({ bytes: draft.sizeBytes, objects: 0 }, () =>
        index.putPart(key, uploadId, partNumber, draft),
      )) || EXCEEDED,

    async changeAnnotation(version, change) {
      if (change.kind === "remove") return index.changeAnnotation(version, change);
      const bytes = change.annotations.reduce((sum, { payload }) => sum + payload.byteLength, 0);
      const effect = () => index.changeAnnotation(version, change);
      return (await adding({ bytes, objects: 0 }, effect)) || EXCEEDED;
    },

    // The parts' bytes are counted already.
    completeUpload: async (key, uploadId, completion) =>
      (await adding({ bytes: 0, objects: 1 }, () =>
        index.completeUpload(key, uploadId, completion),
      )) || { ok: false, code: "QuotaExceeded" },
  };
}

/** Before a body is read. @throws S3Error QuotaExceeded, SlowDown */
export async function requireRoomInQuota(
  usage: QuotaUsage,
  bucket: BucketRecord,
  quota: Quota,
  bytes: number,
): Promise<void> {
  if (!(await usage.fits(bucket, quota, { bytes, objects: 0 }))) throw new S3Error("QuotaExceeded");
}
