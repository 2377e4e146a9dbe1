import type {
  EncryptionDocument,
  EncryptionRule,
} from "../protocol/encryption/bucket-encryption.ts";
import type { BucketRecord } from "../storage/ports/bucket-directory.ts";

/** Never changes: stored data name it. */
export const ENCRYPTION = "encryption";

/** A record does not change: what it says is read once. */
const known = new WeakMap<BucketRecord, EncryptionRule>();

/** How a bucket encrypts what nobody has said of; undefined: it was never configured. */
export function encryptionRule(bucket: BucketRecord): EncryptionRule | undefined {
  const body = bucket.gateway.documents[ENCRYPTION];
  if (body === undefined) return undefined;
  let rule = known.get(bucket);
  if (rule === undefined) known.set(bucket, (rule = (JSON.parse(body) as EncryptionDocument).Rule));
  return rule;
}
