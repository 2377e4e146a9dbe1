import { createHmac, timingSafeEqual } from "node:crypto";
import { type HmacKey, hmacKey, hmacSha256Hex } from "../../lib/sha256.ts";

const MAX_KEYS = 256;
const keys = new Map<string, HmacKey>();

/**
 * The SigV4 key of a secret for one day, region and service. It is the same all day, so it is derived once; the oldest
 * goes when there are many, since a region is whatever a client writes.
 *
 * @param date `20261123`
 */
export function signingKey(secret: string, date: string, region: string, service: string): HmacKey {
  const name = `${date}/${region}/${service}/${secret}`;
  let key = keys.get(name);
  if (key !== undefined) return key;
  key = hmacKey(hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), service), "aws4_request"));
  if (keys.size >= MAX_KEYS) for (const oldest of keys.keys()) if (keys.delete(oldest)) break;
  keys.set(name, key);
  return key;
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

/** The signature of a string to sign, in hex. */
export function sign(key: HmacKey, stringToSign: string): string {
  return hmacSha256Hex(key, stringToSign);
}

/** Compares two signatures in a time that says nothing of where they differ. */
export function isSameSignature(computed: string, provided: string): boolean {
  const a = Buffer.from(computed);
  const b = Buffer.from(provided);
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}
