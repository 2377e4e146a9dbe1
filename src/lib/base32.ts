import { randomBytes } from "node:crypto";

/** Source: https://www.rfc-editor.org/rfc/rfc4648#section-6 */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The last 5 bits of each byte as a character. */
export function base32OfBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => ALPHABET[byte & 31]).join("");
}

/** So many characters of upper-case base 32, which nobody can foresee. */
export function randomBase32(length: number): string {
  return base32OfBytes(randomBytes(length));
}
