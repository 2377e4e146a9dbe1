import { NO_CONDITIONS, type WriteConditions } from "../protocol/write-conditions.ts";
import type { ObjectRecord } from "../protocol/object-record.ts";
import { refusalError } from "../protocol/refusal.ts";
import type { CommitOutcome, RenameOutcome } from "../storage/ports/bucket-index.ts";
import { WANTS_REFERENCE, WANTS_HEADERS } from "../storage/ports/content-index.ts";
import { copyAnnotations } from "./copy-annotations.ts";
import { requireObject } from "./found-object.ts";
import { commitCopy, type ReferenceStores, whileSourceGone } from "./reference-content.ts";

/** Why the source may be there still as it was. Anything else is that it is not any more, or another object is. */
const UNREMOVED: ReadonlySet<string> = new Set(["InternalError", "KeyMoving", "SlowDown"]);

export interface ObjectRename {
  readonly sourceKey: string;
  readonly key: string;
  /** Throws when the object is not the one to be renamed. */
  readonly checkSource: (source: ObjectRecord) => void;
  /** Of what is at `key`. */
  readonly conditions: WriteConditions;
}

/**
 * Gives an object another key in the same bucket: in one transaction where both keys live in one shard.
 *
 * @throws S3Error NoSuchKey, PreconditionFailed, SlowDown (the source changes all the time), what `checkSource` throws
 */
export async function renameKey(
  stores: ReferenceStores,
  { sourceKey, key, checkSource, conditions }: ObjectRename,
): Promise<void> {
  const { index } = stores;
  await whileSourceGone(
    async () => {
      const source = requireObject(
        await index.read(sourceKey, WANTS_HEADERS),
        sourceKey,
        undefined,
      );
      checkSource(source);
      const { sequence: sourceSequence, sizeBytes } = source;
      return (
        (await index.rename({ sourceKey, key, sourceSequence, conditions }, sizeBytes)) ??
        moveAcrossShards(stores, source, key, conditions)
      );
    },
    (refusal) => refusalError(refusal, { key }),
  );
}

/**
 * First the copy, then its annotations, then the removal, of just that source: whoever dies in between leaves both, and a
 * repeat ends it. A source that is another object by then was put after the rename, and stays.
 *
 * @throws S3Error SlowDown when the source's shard has no room for a delete marker, or gives the key away for too long
 */
async function moveAcrossShards(
  stores: ReferenceStores,
  { key: sourceKey, sequence }: ObjectRecord,
  key: string,
  conditions: WriteConditions,
): Promise<RenameOutcome | Extract<CommitOutcome, { readonly ok: false }>> {
  const { index } = stores;
  const source = await index.readContent(sourceKey, { ...WANTS_REFERENCE, annotations: true });
  if (source?.kind !== "object" || source.sequence !== sequence)
    return { ok: false, reason: "SourceGone" };
  const { content, sizeBytes, etag, storageClass, checksum, headers, attributes } = source;
  // Its key is of the bucket, not of the object: nothing is decrypted.
  const { access, encryption } = source;
  const row = { sizeBytes, etag, storageClass, checksum, headers, attributes, access, encryption };
  const draft = { ...row, by: "Rename" as const };
  const committed = await commitCopy(stores, key, draft, content, conditions);
  if (!committed.ok) return committed;
  const { versionId } = committed;
  if ((source.annotationCount ?? 0) > 0)
    await copyAnnotations(
      { index, record: source },
      { index, key, versionId, etag, isRename: true },
    );
  const removed = await index.remove({
    key: sourceKey,
    versionId: undefined,
    conditions: { ...NO_CONDITIONS, ifSequence: sequence },
    bypassesGovernance: false,
    by: "Rename",
  });
  if (!removed.ok && UNREMOVED.has(removed.reason)) throw refusalError(removed, { key: sourceKey });
  return { ok: true, versionId };
}
