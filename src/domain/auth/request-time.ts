import { parseHttpDate } from "../../lib/http-date.ts";
import { S3Error } from "../../protocol/errors.ts";

export const MAX_SKEW_MS = 15 * 60 * 1000;

const BASIC_ISO = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

export interface RequestTime {
  /** As the client wrote it. */
  readonly text: string;
  readonly timeMs: number;
}

/** `20261123T050000Z` in milliseconds since 1970; undefined for anything else. */
export function parseAmzDate(text: string): number | undefined {
  const match = BASIC_ISO.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const timeMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/** `20261123T050000Z`. */
export function formatAmzDate(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

/** `2026-11-23T05:00:00Z`, as S3 writes times in errors about time. */
export function formatErrorTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d{3}/, "");
}

/**
 * `x-amz-date`, or else `Date`, as an HTTP date or in basic ISO 8601.
 *
 * @throws S3Error AccessDenied when there is none, or one before 1970; RequestTimeTooSkewed over 15 minutes from now
 */
export function requestTime(headers: Headers, nowMs: number): RequestTime {
  const text = headers.get("x-amz-date") ?? headers.get("date") ?? "";
  const timeMs = parseAmzDate(text) ?? parseHttpDate(text.replace(/ [+-]0000$/, " GMT"));
  if (timeMs === undefined || timeMs < 0)
    throw new S3Error("AccessDenied", {
      message: "AWS authentication requires a valid Date or x-amz-date header",
    });
  if (Math.abs(nowMs - timeMs) > MAX_SKEW_MS)
    throw new S3Error("RequestTimeTooSkewed", {
      fields: {
        RequestTime: text,
        ServerTime: formatErrorTime(nowMs),
        MaxAllowedSkewMilliseconds: String(MAX_SKEW_MS),
      },
    });
  return { text, timeMs };
}

/** @throws S3Error AccessDenied when a presigned URL is past its time; `fields` say which */
export function checkNotExpired(
  expiresMs: number,
  nowMs: number,
  fields: Readonly<Record<string, string>> = {},
): void {
  if (nowMs < expiresMs) return;
  throw new S3Error("AccessDenied", {
    message: "Request has expired",
    fields: {
      ...fields,
      Expires: formatErrorTime(expiresMs),
      ServerTime: formatErrorTime(nowMs),
    },
  });
}
