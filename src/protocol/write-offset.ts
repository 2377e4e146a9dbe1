import { invalidArgument } from "./errors.ts";

/**
 * `x-amz-write-offset-bytes` of PutObject: the body is to be added where the object ends. Undefined: it is all of it.
 *
 * @throws S3Error InvalidArgument
 */
export function parseWriteOffset(headers: Headers): number | undefined {
  const value = headers.get("x-amz-write-offset-bytes");
  if (value === null) return undefined;
  if (!/^\d{1,15}$/.test(value))
    throw invalidArgument("Invalid write offset", "x-amz-write-offset-bytes", value);
  return Number(value);
}
