import type { Infer } from "../lib/xml-shape.ts";
import type { TagSet } from "../protocol/tag-set.ts";
import type { Tagging } from "../protocol/tags.ts";
import type { BucketRecord } from "../storage/ports/bucket-directory.ts";
import { StaleBucketError } from "../storage/ports/bucket-index.ts";
import { configureBucket } from "./configure-bucket.ts";
import type { BucketPorts } from "./ports.ts";

/** These never change: stored data name them. */
export const ABAC_KIND = "abac";
export const TAGS_KIND = "tags";

/** Whether policies may ask for the bucket's tags. */
export function isAbacEnabled({ gateway }: BucketRecord): boolean {
  const body = gateway.documents[ABAC_KIND];
  return body !== undefined && (JSON.parse(body) as { Status?: string }).Status === "Enabled";
}

/** What policies see of the bucket's tags; undefined: nothing. */
export function tagsForPolicies(bucket: BucketRecord): TagSet | undefined {
  const body = bucket.gateway.documents[TAGS_KIND];
  if (body === undefined || !isAbacEnabled(bucket)) return undefined;
  const { TagSet } = JSON.parse(body) as Infer<typeof Tagging>;
  return TagSet?.Tag.map(({ Key: key, Value: value }) => ({ key, value }));
}

type Needed = "directory" | "buckets" | "indexOf" | "decisions";

/**
 * Tells gateways the tags that a bucket had when its tags began to count. Tags that are put from then on are told at once: until
 * this is done, to policies the bucket has none, as before.
 *
 * @throws StaleBucketError when the bucket is gone; S3Error OperationAborted (too many others change it)
 */
export async function tellTags(
  ports: Pick<BucketPorts, Needed>,
  enabled: BucketRecord,
): Promise<void> {
  await configureBucket(ports, enabled, async (bucket) => {
    if (!isAbacEnabled(bucket) || bucket.gateway.documents[TAGS_KIND] !== undefined)
      return undefined;
    const stored = await ports.directory.readDocument(bucket.id, TAGS_KIND, "");
    if (stored === undefined) throw new StaleBucketError();
    if (stored.body === undefined) return undefined;
    return { kind: TAGS_KIND, id: "", part: "gateway", body: stored.body, flags: undefined };
  });
}
