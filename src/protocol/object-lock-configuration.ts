import { type Infer, integer, object, one, oneOf, optional } from "../lib/xml-shape.ts";
import { S3Error } from "./errors.ts";

export const LOCK_MODES = ["GOVERNANCE", "COMPLIANCE"] as const;
export type LockMode = (typeof LOCK_MODES)[number];

/** AWS's limits of a default retention. */
const MAX_DAYS = 36_500;
const MAX_YEARS = 100;

/** The document of PutObjectLockConfiguration: what new objects are retained by when their upload does not say. */
export const ObjectLockConfiguration = object({
  ObjectLockEnabled: one(oneOf("Enabled")),
  Rule: optional(
    object({
      DefaultRetention: one(
        object({
          Mode: one(oneOf(...LOCK_MODES)),
          Days: optional(integer),
          Years: optional(integer),
        }),
      ),
    }),
  ),
});

export type LockConfiguration = Infer<typeof ObjectLockConfiguration>;

/** @throws S3Error MalformedXML (days and years, or neither), InvalidRetentionPeriod (not positive, too large) */
export function checkLockRule({ Rule }: LockConfiguration): void {
  if (Rule === undefined) return;
  const { Days, Years } = Rule.DefaultRetention;
  if ((Days === undefined) === (Years === undefined)) throw new S3Error("MalformedXML");
  checkPeriod(Days ?? 1, MAX_DAYS);
  checkPeriod(Years ?? 1, MAX_YEARS);
}

function checkPeriod(period: number, most: number): void {
  if (period < 1)
    throw new S3Error("InvalidRetentionPeriod", {
      message: "Default retention period must be a positive integer value.",
    });
  if (period > most)
    throw new S3Error("InvalidRetentionPeriod", {
      message: "Default retention period too large.",
    });
}
