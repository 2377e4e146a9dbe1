import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";

/** AES-256-GCM. */
const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** What a wrapped key takes. */
export const WRAPPED_KEY_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES;

/**
 * A key of 32 bytes, encrypted under another: nonce (12 bytes), key (32), tag (16).
 *
 * One key may wrap the keys of all objects of an account, and GCM's random nonces are safe for 2³² uses of a key only. So the
 * cipher's key is made of the wrapping one and of what the wrapped one is of, by HMAC-SHA-256: each use has its own.
 *
 * @param associatedData what the key is of: put elsewhere, it cannot be unwrapped
 * Source: https://csrc.nist.gov/pubs/sp/800/38/d/final, section 8.3
 */
export function wrapKey(
  under: Uint8Array,
  key: Uint8Array,
  associatedData: Uint8Array,
): Uint8Array<ArrayBuffer> {
  if (key.byteLength !== KEY_BYTES) throw new Error("no key of 32 bytes");
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, cipherKey(under, associatedData), nonce);
  cipher.setAAD(associatedData);
  const wrapped = [cipher.update(key), cipher.final()];
  return Uint8Array.from(Buffer.concat([nonce, ...wrapped, cipher.getAuthTag()]));
}

/** @throws Error when it was not wrapped under this key for this, or is not whole */
export function unwrapKey(
  under: Uint8Array,
  wrapped: Uint8Array,
  associatedData: Uint8Array,
): Uint8Array<ArrayBuffer> {
  if (wrapped.byteLength !== WRAPPED_KEY_BYTES) throw new Error("no wrapped key");
  const nonce = wrapped.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv(CIPHER, cipherKey(under, associatedData), nonce);
  decipher.setAAD(associatedData);
  decipher.setAuthTag(wrapped.subarray(NONCE_BYTES + KEY_BYTES));
  const key = decipher.update(wrapped.subarray(NONCE_BYTES, NONCE_BYTES + KEY_BYTES));
  return Uint8Array.from(Buffer.concat([key, decipher.final()]));
}

function cipherKey(under: Uint8Array, associatedData: Uint8Array): Buffer {
  return createHmac("sha256", under).update(associatedData).digest();
}
