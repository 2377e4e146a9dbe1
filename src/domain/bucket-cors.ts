import type { CorsConfiguration } from "../protocol/cors/cors-configuration.ts";
import { compileCors, type CorsRules } from "../protocol/cors/cors-match.ts";
import type { BucketRecord } from "../storage/ports/bucket-directory.ts";

/** Never changes: stored data name it. */
export const CORS_KIND = "cors";

/** A record does not change: its rules are compiled once. */
const compiled = new WeakMap<BucketRecord, CorsRules>();

/** Undefined: the bucket has no CORS configuration. */
export function corsRulesOf(bucket: BucketRecord): CorsRules | undefined {
  const body = bucket.gateway.documents[CORS_KIND];
  if (body === undefined) return undefined;
  let rules = compiled.get(bucket);
  if (rules === undefined) {
    rules = compileCors(JSON.parse(body) as CorsConfiguration);
    compiled.set(bucket, rules);
  }
  return rules;
}
