import { S3Error } from "../../protocol/errors.ts";
import { MAX_ANNOTATIONS } from "../../protocol/limits.ts";
import type { Quota } from "../../protocol/quota/quota-document.ts";
import type { AnnotatedVersion } from "../../storage/ports/annotation-index.ts";
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
  /** Of what a new version in the same shard is annotated with as well. */
  const annotationBytes = async (version: AnnotatedVersion): Promise<number> => {
    const query = { withPayloads: false, prefix: "", after: "", limit: MAX_ANNOTATIONS };
    const page = await index.listAnnotations(version, query);
    return page.ok ? page.annotations.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) : 0;
  };

  return {
    ...index,

    async commit(key, draft, conditions) {
      // A rename from one shard to another, which takes away there what it adds here.
      const isMoved = draft.by === "Rename" && !hasVersions;
      const { annotatedFrom, sizeBytes } = draft;
      const brought = annotatedFrom === undefined ? 0 : await annotationBytes(annotatedFrom);
      const addition = isMoved ? NOTHING : { bytes: sizeBytes + brought, objects: 1 };
      return (await adding(addition, () => index.commit(key, draft, conditions))) || EXCEEDED;
    },

    append: async (key, draft, conditions) =>
      // Of versions the one before stays, too.
      (await adding(
        hasVersions
          ? {
              bytes: draft.sizeBytes + (await annotationBytes({ key, versionId: undefined })),
              objects: 1,
            }
          : { bytes: draft.addedBytes, objects: 0 },
        () => index.append(key, draft, conditions),
      )) || EXCEEDED,

    async rename(rename, sizeBytes) {
      const { sourceKey } = rename;
      const brought = () => annotationBytes({ key: sourceKey, versionId: undefined });
      const addition = hasVersions ? { bytes: sizeBytes + (await brought()), objects: 1 } : NOTHING;
      const outcome = await adding(addition, () => index.rename(rename, sizeBytes));
      // Undefined is an answer of its own: the two keys are in two shards.
      return outcome === false ? EXCEEDED : outcome;
    },

    putPart: async (key, uploadId, partNumber, draft) =>
      (await adding({ bytes: draft.sizeBytes, objects: 0 }, () =>
        index.putPart(key, uploadId, partNumber, draft),
      )) || EXCEEDED,

    async changeAnnotation(version, change) {
      // As the rename of the object.
      const isMoved = change.kind === "put" && change.isOfRename === true && !hasVersions;
      if (change.kind === "remove" || isMoved) return index.changeAnnotation(version, change);
      const bytes = change.annotations.reduce((sum, { payload }) => sum + payload.byteLength, 0);
      const effect = () => index.changeAnnotation(version, change);
      return (await adding({ bytes, objects: 0 }, effect)) || EXCEEDED;
    },

    // The parts' bytes are counted already.
    async completeUpload(key, uploadId, completion) {
      const effect = () => index.completeUpload(key, uploadId, completion);
      const completed = await adding({ bytes: 0, objects: 1 }, effect);
      if (completed !== false) return completed;
      // What is completed already adds nothing: who has lost the answer gets it.
      const isOpen = (await index.findUpload(key, uploadId)) !== undefined;
      return isOpen ? { ok: false, code: "QuotaExceeded" } : effect();
    },
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
