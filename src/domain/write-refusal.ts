import type { WriteConditions } from "../protocol/conditions.ts";
import { S3Error } from "../protocol/errors.ts";

/** The error for a write that the index has refused, with the elements that AWS adds to it. */
export function writeRefusal(
  reason: "PreconditionFailed" | "NoSuchKey" | "RequestTimeout",
  key: string,
  { ifMatch }: WriteConditions,
): S3Error {
  if (reason === "NoSuchKey") return new S3Error(reason, { fields: { Key: key } });
  if (reason === "RequestTimeout") return new S3Error(reason);
  const Condition = ifMatch === undefined ? "If-None-Match" : "If-Match";
  return new S3Error(reason, { fields: { Condition } });
}
