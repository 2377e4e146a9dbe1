import { hkdfSync } from "node:crypto";

/**
 * A key of 32 bytes for one purpose, which tells nothing of the one that it is made of.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc5869 (HKDF)
 */
export function derivedKey(
  key: Uint8Array,
  salt: Uint8Array | string,
  purpose: string,
): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", key, salt, purpose, 32));
}
