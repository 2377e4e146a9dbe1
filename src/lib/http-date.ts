/** IMF-fixdate, e.g. `Sun, 06 Nov 1994 08:49:37 GMT`. */
export function formatHttpDate(timeMs: number): string {
  return new Date(timeMs).toUTCString();
}

const DAY_MS = 86_400_000;
const TWO_DIGITS = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, "0"));

/** The day that was formatted last: those of a listing are often the same, and a date takes a third of what its row does. */
let lastDay = Number.NaN;
let lastDayText = "";

/** ISO 8601 as S3's documents show it: whole seconds, yet with three zeros, `2026-11-23T05:00:00.000Z`. */
export function formatIsoDate(timeMs: number): string {
  const day = Math.floor(timeMs / DAY_MS);
  if (day !== lastDay) {
    lastDayText = new Date(day * DAY_MS).toISOString().slice(0, -"00:00:00.000Z".length);
    lastDay = day;
  }
  const second = Math.floor((timeMs - day * DAY_MS) / 1000);
  const hour = TWO_DIGITS[Math.floor(second / 3600)];
  return `${lastDayText}${hour}:${TWO_DIGITS[Math.floor(second / 60) % 60]}:${TWO_DIGITS[second % 60]}.000Z`;
}

/** A date as Java's `Date.toString` has it where S3 was written, `Tue Dec 31 16:00:00 PST 2019`. */
export function formatPacificDate(timeMs: number): string {
  // Made when it is needed, which is seldom: it takes milliseconds.
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: "America/Los_Angeles",
    hourCycle: "h23",
    weekday: "short",
    month: "short",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    year: "numeric",
    timeZoneName: "short",
  });
  const parts = Object.fromEntries(
    format.formatToParts(timeMs).map(({ type, value }) => [type, value]),
  );
  const { weekday, month, day, hour, minute, second, timeZoneName, year } = parts;
  return `${weekday} ${month} ${day} ${hour}:${minute}:${second} ${timeZoneName} ${year}`;
}

const ISO_DATE =
  /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)T\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** An ISO 8601 date with a time and a zone, in milliseconds since 1970; undefined for anything else. */
export function parseIsoDate(text: string): number | undefined {
  const groups = ISO_DATE.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const day = Number(groups["day"]);
  const month = Number(groups["month"]) - 1;
  // Date.parse carries 31 November over into December; an impossible date is no date.
  if (new Date(Date.UTC(Number(groups["year"]), month, day)).getUTCDate() !== day) return undefined;
  const timeMs = Date.parse(text);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const FORMS = [
  /^[A-Z][a-z]{2}, (?<day>\d\d) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d) GMT$/,
  /^[A-Z][a-z]{5,8}, (?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<year>\d\d) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d) GMT$/,
  /^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d) (?<year>\d{4})$/,
];

/**
 * Any of the three forms of an HTTP date, in milliseconds since 1970; undefined for anything else.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
 */
export function parseHttpDate(text: string): number | undefined {
  for (const form of FORMS) {
    const groups = form.exec(text)?.groups;
    if (groups !== undefined) return toTimeMs(groups);
  }
  return undefined;
}

function toTimeMs(groups: Readonly<Record<string, string>>): number | undefined {
  const month = MONTHS.indexOf(groups["month"] ?? "");
  const day = Number(groups["day"]);
  const hour = Number(groups["hour"]);
  const timeMs = Date.UTC(
    fullYear(groups["year"] ?? ""),
    month,
    day,
    hour,
    Number(groups["minute"]),
    Number(groups["second"]),
  );
  // Date.UTC carries 31 November over into December; an impossible date is no date.
  const date = new Date(timeMs);
  return date.getUTCMonth() === month && date.getUTCDate() === day && date.getUTCHours() === hour
    ? timeMs
    : undefined;
}

/** RFC 850's two digits: a date over 50 years ahead is one of the past. */
function fullYear(digits: string): number {
  if (digits.length === 4) return Number(digits);
  const thisYear = new Date().getUTCFullYear();
  const year = thisYear - (thisYear % 100) + Number(digits);
  return year > thisYear + 50 ? year - 100 : year;
}
