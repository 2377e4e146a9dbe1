import type { WebsiteConfiguration } from "../protocol/website/website-configuration.ts";
import type { BucketRecord } from "../storage/ports/bucket-directory.ts";

/** Never changes: stored data name it. */
export const WEBSITE_KIND = "website";

/** A record does not change: what it says is read once. */
const known = new WeakMap<BucketRecord, WebsiteConfiguration>();

/** Undefined: the bucket is no website. */
export function websiteOf(bucket: BucketRecord): WebsiteConfiguration | undefined {
  const body = bucket.gateway.documents[WEBSITE_KIND];
  if (body === undefined) return undefined;
  let website = known.get(bucket);
  if (website === undefined)
    known.set(bucket, (website = JSON.parse(body) as WebsiteConfiguration));
  return website;
}
