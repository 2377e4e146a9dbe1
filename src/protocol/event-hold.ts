import { type Infer, integer, object, oneOf, optional } from "../lib/xml-shape.ts";
import { invalidArgument, S3Error } from "./errors.ts";

/** So long after something that is not known yet, in days or in years. */
export type HoldDuration = { readonly days: number } | { readonly years: number };

/**
 * Keeps a version until somebody says that an event has happened; from then on, a retention does for so long.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ObjectLockRetention.html
 */
export type EventHold = ({ readonly isOn: true } & HoldDuration) | { readonly isOn: false };

const STATUS_HEADER = "x-amz-object-lock-event-hold";
const DAYS_HEADER = "x-amz-object-lock-event-hold-duration-days";
const YEARS_HEADER = "x-amz-object-lock-event-hold-duration-years";

const MAX_DAYS = 36_500;
const MAX_YEARS = 100;

/** `<EventHoldDuration>` of a retention, and `<DefaultEventHold>` of a bucket. */
export const EventHoldDuration = object({ Days: optional(integer), Years: optional(integer) });
export const EventHoldStatus = oneOf("ON", "OFF");

/** Undefined: it is not exactly one of the two, or out of AWS's bounds. */
export function holdDuration({
  Days: days,
  Years: years,
}: Infer<typeof EventHoldDuration>): HoldDuration | undefined {
  if (days !== undefined && years !== undefined) return undefined;
  if (days !== undefined) return isWithin(days, MAX_DAYS) ? { days } : undefined;
  return years !== undefined && isWithin(years, MAX_YEARS) ? { years } : undefined;
}

function isWithin(period: number, most: number): boolean {
  return period >= 1 && period <= most;
}

export function durationContent(duration: HoldDuration): Infer<typeof EventHoldDuration> {
  return "days" in duration
    ? { Days: duration.days, Years: undefined }
    : { Days: undefined, Years: duration.years };
}

/**
 * When so long is over, by the calendar.
 *
 * @param period days, years, or both
 */
export function endOf(
  fromMs: number,
  { days = 0, years = 0 }: { readonly days?: number; readonly years?: number },
): number {
  const end = new Date(fromMs);
  end.setUTCDate(end.getUTCDate() + days);
  end.setUTCFullYear(end.getUTCFullYear() + years);
  return end.getTime();
}

/**
 * The members of `<Retention>`; undefined: it says nothing of an event hold.
 *
 * @throws S3Error MalformedXML for ON without a duration, or OFF with one; InvalidArgument for one that is none
 */
export function readEventHold(
  status: "OFF" | "ON" | undefined,
  duration: Infer<typeof EventHoldDuration> | undefined,
): EventHold | undefined {
  if (status === undefined && duration === undefined) return undefined;
  if (status === "OFF" && duration === undefined) return { isOn: false };
  if (status !== "ON" || duration === undefined) throw new S3Error("MalformedXML");
  const { Days: days, Years: years } = duration;
  const read = holdDuration(duration);
  if (read === undefined) throw invalidDuration("EventHoldDuration", String(days ?? years ?? ""));
  return { isOn: true, ...read };
}

/**
 * `x-amz-object-lock-event-hold*` of a request that makes an object.
 *
 * @throws S3Error InvalidArgument: ON needs a duration, in days or in years, and nothing else has one
 */
export function parseEventHold(headers: Headers): EventHold | undefined {
  const status = headers.get(STATUS_HEADER);
  const days = headers.get(DAYS_HEADER);
  const years = headers.get(YEARS_HEADER);
  if (status === null && days === null && years === null) return undefined;
  if (status !== null && status !== "ON" && status !== "OFF")
    throw invalidArgument("Event Hold must be either of 'ON' or 'OFF'", STATUS_HEADER, status);
  const hasDuration = days !== null || years !== null;
  if (status === "OFF" && !hasDuration) return { isOn: false };
  if (status !== "ON" || !hasDuration)
    throw invalidArgument(
      `${STATUS_HEADER}: ON and a duration in days or in years must both be supplied`,
      status === null ? STATUS_HEADER : DAYS_HEADER,
    );
  const duration = holdDuration({ Days: wholeNumber(days), Years: wholeNumber(years) });
  if (duration === undefined)
    throw invalidDuration(days === null ? YEARS_HEADER : DAYS_HEADER, days ?? years ?? "");
  return { isOn: true, ...duration };
}

/** Of what is no number, one that is out of bounds. */
function wholeNumber(text: string | null): number | undefined {
  if (text === null) return undefined;
  return /^\d{1,6}$/.test(text) ? Number(text) : 0;
}

function invalidDuration(name: string, given: string): S3Error {
  return invalidArgument(
    `The event hold duration must be from 1 to ${MAX_DAYS} days or from 1 to ${MAX_YEARS} years, and not both`,
    name,
    given,
  );
}

/** `x-amz-object-lock-event-hold*` of an answer about an object. */
export function eventHoldHeaders(
  eventHold: EventHold | undefined,
): Readonly<Record<string, string>> {
  if (eventHold === undefined) return {};
  if (!eventHold.isOn) return { [STATUS_HEADER]: "OFF" };
  return {
    [STATUS_HEADER]: "ON",
    ...("days" in eventHold
      ? { [DAYS_HEADER]: String(eventHold.days) }
      : { [YEARS_HEADER]: String(eventHold.years) }),
  };
}
