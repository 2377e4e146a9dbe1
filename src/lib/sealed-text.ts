import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/** AES-256-GCM. */
const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The first byte of what is sealed: how the rest is laid out. */
const LAYOUT = 1;

/**
 * A key of 32 bytes for one purpose, so that none that is given away tells anything of another, or of the master key.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc5869 (HKDF)
 */
export function subKey(masterKey: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", masterKey, "", purpose, 32));
}

/**
 * Encrypts a text, so that it can be opened with this key and for this name only.
 *
 * @param name what the text is of: a sealed text that is put elsewhere cannot be opened there
 */
export function seal(key: Uint8Array, name: string, text: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce);
  cipher.setAAD(Buffer.from(name));
  const sealed = [cipher.update(text, "utf8"), cipher.final()];
  return Buffer.concat([Buffer.of(LAYOUT), nonce, ...sealed, cipher.getAuthTag()]);
}

/** @throws Error when the bytes were not sealed with this key for this name, or are not whole */
export function unseal(key: Uint8Array, name: string, sealed: Uint8Array): string {
  const tagAt = sealed.byteLength - TAG_BYTES;
  if (sealed[0] !== LAYOUT || tagAt < 1 + NONCE_BYTES) throw new Error("nothing that was sealed");
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(1, 1 + NONCE_BYTES));
  decipher.setAAD(Buffer.from(name));
  decipher.setAuthTag(sealed.subarray(tagAt));
  const text = decipher.update(sealed.subarray(1 + NONCE_BYTES, tagAt));
  return Buffer.concat([text, decipher.final()]).toString();
}
