import type { StoredObject } from "../../protocol/object-record.ts";
import type { AnnotatedVersion, AnnotationSummary } from "../../storage/ports/annotation-index.ts";
import type { BucketIndex } from "../../storage/ports/bucket-index.ts";
import { copyAnnotations } from "../copy-annotations.ts";

/** AWS's limit for one version: all of them are one page, without their payloads. */
const ALL = { withPayloads: false, prefix: "", after: "", limit: 1000 };

/** Gives a replica the annotations of its source, and no others. */
export async function replicateAnnotations(
  from: { readonly index: BucketIndex; readonly record: StoredObject },
  { index, ...replica }: AnnotatedVersion & { readonly index: BucketIndex },
): Promise<void> {
  const { key, versionId } = from.record;
  const wanted = await annotationsOf(from.index, { key, versionId });
  const had = await annotationsOf(index, replica);
  if (wanted === undefined || had === undefined) return;
  const names = new Set(wanted.map(({ name }) => name));
  for (const { name } of had)
    if (!names.has(name))
      await index.changeAnnotation(replica, {
        kind: "remove",
        name,
        ifMatch: undefined,
        bypassesGovernance: true,
        isOfReplica: true,
      });
  if (wanted.length > 0)
    await copyAnnotations(from, { index, ...replica, etag: "*", isReplica: true });
}

async function annotationsOf(
  index: BucketIndex,
  version: AnnotatedVersion,
): Promise<readonly AnnotationSummary[] | undefined> {
  const page = await index.listAnnotations(version, ALL);
  return page.ok ? page.annotations : undefined;
}
