import type { BucketRecord } from "../storage/ports/bucket-directory.ts";

/**
 * What a kind of document says, as gateways have it with the bucket's record. A record does not change: each is read once.
 *
 * @param read is given the document's body
 * @returns of a bucket; undefined: it has no such document
 */
export function gatewayDocument<Value extends object>(
  kind: string,
  read: (body: string) => Value,
): (bucket: BucketRecord) => Value | undefined {
  const known = new WeakMap<BucketRecord, Value>();
  return (bucket) => {
    const body = bucket.gateway.documents[kind];
    if (body === undefined) return undefined;
    let value = known.get(bucket);
    if (value === undefined) known.set(bucket, (value = read(body)));
    return value;
  };
}
