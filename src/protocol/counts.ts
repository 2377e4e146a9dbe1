import { invalidArgument } from "./errors.ts";
import { MAX_ENTRIES } from "./limits.ts";

const MIN_INT32 = -(2 ** 31);
const MAX_INT32 = 2 ** 31 - 1;

/**
 * A parameter that counts something, or numbers it. As AWS was seen to do (2026-09), an empty one is one that was not
 * given, zeros may stand in front, and what is negative is repeated as the number that it is.
 *
 * @param argument what AWS calls it when it is negative
 * @throws S3Error InvalidArgument unless it is a whole number from 0 to 2^31 - 1
 * Source: https://github.com/brekkylab/backlot/blob/main/backlot/routers/s3.py
 */
export function parseCount(
  name: string,
  value: string | null,
  argument: string = name,
): number | undefined {
  const count = parseInt32(name, value);
  if (count !== undefined && count < 0)
    throw invalidArgument(
      `Argument ${argument} must be an integer between 0 and 2147483647`,
      argument,
      String(count),
    );
  return count;
}

/**
 * How many entries a page is to have: 0…1000, also when more are asked for, or nothing is said.
 *
 * @throws S3Error InvalidArgument, as {@link parseCount}
 */
export function parsePageSize(name: string, value: string | null, argument: string = name): number {
  return Math.min(parseCount(name, value, argument) ?? MAX_ENTRIES, MAX_ENTRIES);
}

/** @throws S3Error InvalidArgument */
export function parseInt32(name: string, value: string | null): number | undefined {
  if (value === null || value === "") return undefined;
  const number = /^-?\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= MIN_INT32 && number <= MAX_INT32))
    throw invalidArgument(`Provided ${name} not an integer or within integer range`, name, value);
  // No negative zero.
  return number + 0;
}
