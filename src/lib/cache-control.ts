import { parseHttpDate } from "./http-date.ts";

/** One directive of Cache-Control: its name, and its argument with or without quotes. */
const DIRECTIVE = /^([!#$%&'*+.^_`|~\w-]+)(?:=(?:"([^"]*)"|([^"]*)))?$/;

/** No shared cache keeps, or gives without asking, what has one of these. */
const NOT_SHARED: ReadonlySet<string> = new Set(["no-store", "no-cache", "private"]);

/**
 * For how many seconds a shared cache may give an answer without asking for it again, by its own headers; undefined: they say
 * nothing of it. What cannot be read is stale at once, as the RFC encourages.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc9111#section-4.2.1
 */
export function sharedFreshnessSeconds(
  cacheControl: string | null,
  expires: string | null,
  nowMs: number,
): number | undefined {
  const directives = new Map<string, string>();
  for (const text of (cacheControl ?? "").split(",")) {
    const trimmed = text.trim();
    if (trimmed === "") continue;
    const [, name, quoted, plain = ""] = DIRECTIVE.exec(trimmed) ?? [];
    if (name === undefined) return 0;
    const lower = name.toLowerCase();
    if (NOT_SHARED.has(lower)) return 0;
    // Of two that contradict each other neither can be meant.
    if (directives.has(lower)) return 0;
    directives.set(lower, quoted ?? plain);
  }
  const age = directives.get("s-maxage") ?? directives.get("max-age");
  if (age !== undefined) return /^\d{1,15}$/.test(age) ? Number(age) : 0;
  if (expires === null) return undefined;
  const expiresMs = parseHttpDate(expires);
  return expiresMs === undefined ? 0 : Math.max(Math.floor((expiresMs - nowMs) / 1000), 0);
}
