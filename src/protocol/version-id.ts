import { invalidArgument, type S3Error } from "./errors.ts";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const SEQUENCE_LENGTH = 11;
const RANDOM_LENGTH = 21;
/** The alphabet's characters, as many as both lengths together. */
const OWN = /^[0-9a-hjkmnp-tv-z]{32}$/;
/** Of other servers, which come by imports: as many characters, as AWS gives them, or a UUID, as MinIO does. */
const FOREIGN = /^(?:[0-9A-Za-z._]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** The id of the version that was written while its bucket had no versioning, or had it suspended. */
export const NULL_VERSION = "null";

/** 32 characters of base 32: 55 bits of the sequence number, so that a version is found by its id, and 105 random bits. */
export function newVersionId(sequence: number): string {
  let rest = sequence;
  let id = "";
  for (let i = 0; i < SEQUENCE_LENGTH; i += 1) {
    id = ALPHABET.charAt(rest % 32) + id;
    rest = Math.floor(rest / 32);
  }
  return id + randomDigits(RANDOM_LENGTH);
}

function randomDigits(length: number): string {
  let digits = "";
  for (const byte of crypto.getRandomValues(new Uint8Array(length)))
    digits += ALPHABET.charAt(byte & 31);
  return digits;
}

/** What no id begins with that is made of a sequence number: those have 53 bits, and an id has room for 55. */
const RESERVED_DIGIT = "z";

/** The id of a version that a multipart upload will make: random, since nobody knows yet where among the others it will come. */
export function newReservedVersionId(): string {
  return RESERVED_DIGIT + randomDigits(SEQUENCE_LENGTH + RANDOM_LENGTH - 1);
}

/** It does not tell the sequence number of the write that made the version. */
export function isReservedVersionId(versionId: string): boolean {
  return versionId.startsWith(RESERVED_DIGIT);
}

/** The sequence number of the write that made this version; not for the null version. */
export function sequenceOfVersion(versionId: string): number {
  let sequence = 0;
  for (const digit of versionId.slice(0, SEQUENCE_LENGTH))
    sequence = sequence * 32 + ALPHABET.indexOf(digit);
  return sequence;
}

/**
 * `?versionId=` of a request; undefined: the current version.
 *
 * @throws S3Error InvalidArgument for what cannot be a version's id
 */
export function parseVersionId(query: URLSearchParams): string | undefined {
  return checkVersionId(query.get("versionId"));
}

/** The same for a version id that stands elsewhere; null: none is given. */
export function checkVersionId(versionId: string | null): string | undefined {
  if (versionId === null) return undefined;
  if (isVersionId(versionId)) return versionId;
  throw notVersionId(versionId);
}

export function notVersionId(text: string): S3Error {
  return invalidArgument("Invalid version id specified", "versionId", text);
}

export function isVersionId(text: string): boolean {
  return isOwnVersionId(text) || FOREIGN.test(text);
}

/** Ledge may have given it. Any other is one only where a version has it: AWS, too, tells its own ids from what looks like one. */
export function isOwnVersionId(text: string): boolean {
  return text === NULL_VERSION || OWN.test(text);
}
