import { type Infer, integer, object, one, oneOf, optional } from "../lib/xml-shape.ts";
import { S3Error } from "./errors.ts";
import { EventHoldDuration } from "./event-hold.ts";

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
          Mode: optional(oneOf(...LOCK_MODES)),
          Days: optional(integer),
          Years: optional(integer),
          DefaultEventHold: optional(EventHoldDuration),
        }),
      ),
    }),
  ),
});

export type LockConfiguration = Infer<typeof ObjectLockConfiguration>;

/**
 * Checks that a rule says how long new objects are retained, for how long after their event hold, or both.
 *
 * @throws S3Error MalformedXML (days and years, or neither), InvalidRetentionPeriod (not positive, too large)
 */
export function checkLockRule({ Rule }: LockConfiguration): void {
  if (Rule === undefined) return;
  const { Mode, Days, Years, DefaultEventHold } = Rule.DefaultRetention;
  const hasPeriod = Days !== undefined || Years !== undefined;
  if (hasPeriod !== (Mode !== undefined)) throw new S3Error("MalformedXML");
  if (hasPeriod) checkOnePeriod({ Days, Years });
  else if (DefaultEventHold === undefined) throw new S3Error("MalformedXML");
  if (DefaultEventHold !== undefined) checkOnePeriod(DefaultEventHold);
}

function checkOnePeriod({ Days, Years }: Infer<typeof EventHoldDuration>): void {
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
