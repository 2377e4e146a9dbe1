import { base32OfBytes, randomBase32 } from "../../lib/base32.ts";
import type { MasterKey } from "../../lib/master-key.ts";
import { type HmacKey, hmacKey, hmacSha256Hex } from "../../lib/sha256.ts";

/** Long-term keys, and those of sessions. */
type Prefix = "AKIA" | "ASIA";

const RANDOM_LENGTH = 10;
const MAC_LENGTH = 6;
const MADE_ID = /^(?:AKIA|ASIA)[A-Z2-7]{16}$/;

/**
 * An id for an access key, in AWS's form: prefix, 50 random bits, and 30 bits of a MAC, so that an isolate can tell ids that
 * somebody invented from those that may exist, without a question to the Directory.
 */
export function newAccessKeyId(prefix: Prefix, masterKey: MasterKey): string {
  const unique = prefix + randomBase32(RANDOM_LENGTH);
  return unique + macOf(unique, masterKey.subKeys("key ids").current);
}

/** Whether the id was made by {@link newAccessKeyId} under this master key, or the one before it. */
export function isMadeId(accessKeyId: string, masterKey: MasterKey): boolean {
  if (!MADE_ID.test(accessKeyId)) return false;
  const { current, previous } = masterKey.subKeys("key ids");
  const unique = accessKeyId.slice(0, -MAC_LENGTH);
  const mac = accessKeyId.slice(-MAC_LENGTH);
  return (
    macOf(unique, current) === mac || (previous !== undefined && macOf(unique, previous) === mac)
  );
}

/** Whether it is a session's, which stands in no Directory. */
export function isSessionKeyId(accessKeyId: string, masterKey: MasterKey): boolean {
  return accessKeyId.startsWith("ASIA") && isMadeId(accessKeyId, masterKey);
}

/** Every request of a session asks for one. */
const hmacKeys = new WeakMap<Uint8Array, HmacKey>();

function macOf(unique: string, key: Uint8Array): string {
  let hmac = hmacKeys.get(key);
  if (hmac === undefined) hmacKeys.set(key, (hmac = hmacKey(key)));
  return base32OfBytes(Buffer.from(hmacSha256Hex(hmac, unique), "hex").subarray(0, MAC_LENGTH));
}
