import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { SubKeys } from "./master-key.ts";

/** AES-256-GCM. */
const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The first byte of what is sealed: how the rest is laid out. */
const LAYOUT = 1;

/**
 * Encrypts a text, so that it can be opened with these keys and for this name only.
 *
 * @param name what the text is of: a sealed text that is put elsewhere cannot be opened there
 */
export function seal({ current }: SubKeys, name: string, text: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, current, nonce);
  cipher.setAAD(Buffer.from(name));
  const sealed = [cipher.update(text, "utf8"), cipher.final()];
  return Buffer.concat([Buffer.of(LAYOUT), nonce, ...sealed, cipher.getAuthTag()]);
}

/** @throws Error when the bytes were not sealed with one of these keys for this name, or are not whole */
export function unseal({ current, previous }: SubKeys, name: string, sealed: Uint8Array): string {
  if (previous === undefined) return open(current, name, sealed);
  try {
    return open(current, name, sealed);
  } catch {
    return open(previous, name, sealed);
  }
}

/** Whether it opens with this key, not only with another one. */
export function isSealedWith(key: Uint8Array, name: string, sealed: Uint8Array): boolean {
  try {
    open(key, name, sealed);
    return true;
  } catch {
    return false;
  }
}

function open(key: Uint8Array, name: string, sealed: Uint8Array): string {
  const tagAt = sealed.byteLength - TAG_BYTES;
  if (sealed[0] !== LAYOUT || tagAt < 1 + NONCE_BYTES) throw new Error("nothing that was sealed");
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(1, 1 + NONCE_BYTES));
  decipher.setAAD(Buffer.from(name));
  decipher.setAuthTag(sealed.subarray(tagAt));
  const text = decipher.update(sealed.subarray(1 + NONCE_BYTES, tagAt));
  return Buffer.concat([text, decipher.final()]).toString();
}
