import { S3Error } from "../protocol/errors.ts";
import { refusalError } from "../protocol/refusal.ts";
import type { AnnotatedVersion } from "../storage/ports/annotation-index.ts";
import type { BucketIndex } from "../storage/ports/bucket-index.ts";
import type { SourceObject } from "./copy-source.ts";

/** Annotations that are held in memory at once, of 1 MiB each at most. */
const PAGE_LENGTH = 16;

/** A copy that was just made. */
export interface CopyTarget extends AnnotatedVersion {
  readonly index: BucketIndex;
  readonly etag: string;
  readonly isReplica?: true;
  readonly isRename?: true;
}

/**
 * Gives a copy in another shard the annotations of its source, some at a time. When that fails, the copy has failed, although
 * the object is there.
 *
 * @throws S3Error SlowDown when the source is another object by now
 */
export async function copyAnnotations(
  { index, record }: Pick<SourceObject, "index" | "record">,
  { index: target, etag, isReplica, isRename, ...copy }: CopyTarget,
): Promise<void> {
  const version = { key: record.key, versionId: record.versionId };
  let after = "";
  for (;;) {
    const query = { withPayloads: true, prefix: "", after, limit: PAGE_LENGTH };
    const page = await index.listAnnotations(version, query);
    if (!page.ok || page.sequence !== record.sequence) throw new S3Error("SlowDown");
    const annotations = page.annotations.map(({ payload = new Uint8Array(), ...summary }) => ({
      ...summary,
      payload,
    }));
    const outcome = await target.changeAnnotation(copy, {
      kind: "put",
      annotations,
      ifMatch: etag,
      bypassesGovernance: isReplica === true,
      ...(isReplica && { isOfReplica: true }),
      ...(isRename && { isOfRename: true }),
    });
    // Somebody has replaced or deleted the copy already.
    if (!outcome.ok && GONE.has(outcome.reason)) return;
    if (!outcome.ok) throw refusalError(outcome, copy);
    const last = page.annotations.at(-1);
    if (!page.isTruncated || last === undefined) return;
    after = last.name;
  }
}

const GONE: ReadonlySet<string> = new Set([
  "MethodNotAllowed",
  "NoSuchKey",
  "NoSuchVersion",
  "PreconditionFailed",
]);
