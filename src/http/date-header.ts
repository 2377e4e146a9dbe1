import { formatHttpDate } from "../lib/http-date.ts";

let second = 0;
let text = "";

/**
 * The Date of an answer, formatted once a second. SDKs with a wrong clock correct it by this header; on Cloudflare the
 * edge sets its own.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc9110#section-6.6.1
 */
export function dateHeader(timeMs: number): string {
  const now = Math.floor(timeMs / 1000);
  if (now !== second) {
    second = now;
    text = formatHttpDate(timeMs);
  }
  return text;
}
