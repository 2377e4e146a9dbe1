const EPOCH_SECONDS = /^\d{1,12}$/;
const DATE =
  /^(?<year>\d{4})(?:-(?<month>\d\d)(?:-(?<day>\d\d)(?:T(?<time>\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(?<zone>Z|[+-]\d\d:\d\d))?)?)?$/;

/**
 * A date as policies write it, in milliseconds since 1970: a year, a month, or a day, a day with a time and a zone, or the
 * seconds since 1970. Four digits are a year. Undefined for anything else.
 *
 * Source: https://www.w3.org/TR/NOTE-datetime
 */
export function parsePolicyDate(text: string): number | undefined {
  const groups = DATE.exec(text)?.groups;
  if (groups === undefined) return EPOCH_SECONDS.test(text) ? Number(text) * 1000 : undefined;
  const { year = "", month = "01", day = "01", time = "00:00", zone = "Z" } = groups;
  // Date.parse carries 31 November over into December; an impossible date is no date.
  if (new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() !== Number(day))
    return undefined;
  const timeMs = Date.parse(`${year}-${month}-${day}T${time}${zone}`);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}
