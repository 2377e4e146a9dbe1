// Crockford's base 32, in ASCII order, so that ULIDs sort by time as strings do.
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const TIME_LENGTH = 10;
const RANDOM_LENGTH = 16;

/**
 * 26 characters of lower-case Crockford base 32: 48 bits of time, 80 random bits.
 * Within a millisecond the order is random.
 *
 * Source: https://github.com/ulid/spec
 */
export function ulid(
  nowMs: number,
  randomBytes: Uint8Array = crypto.getRandomValues(new Uint8Array(RANDOM_LENGTH)),
): string {
  let id = encodeTime(nowMs);
  for (let index = 0; index < RANDOM_LENGTH; index++)
    id += ALPHABET.charAt((randomBytes[index] ?? 0) & 31);
  return id;
}

/** When the ULID was made, in milliseconds since 1970. */
export function ulidTimeMs(id: string): number {
  let timeMs = 0;
  for (let index = 0; index < TIME_LENGTH; index++)
    timeMs = timeMs * 32 + ALPHABET.indexOf(id.charAt(index));
  return timeMs;
}

/** The least ULID of that millisecond. */
export function ulidFloor(timeMs: number): string {
  return encodeTime(timeMs) + ALPHABET.charAt(0).repeat(RANDOM_LENGTH);
}

function encodeTime(timeMs: number): string {
  let rest = timeMs;
  let digits = "";
  for (let index = 0; index < TIME_LENGTH; index++) {
    digits = ALPHABET.charAt(rest % 32) + digits;
    rest = Math.floor(rest / 32);
  }
  return digits;
}
