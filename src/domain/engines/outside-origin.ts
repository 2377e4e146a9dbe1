import type { StoredHeaders } from "../../protocol/object-record.ts";

/**
 * Where an object came from that another server has: `<bucket id>/<version id>`; behind a space, where it had come there from, and so
 * on. What comes back with it, goes no more.
 */
export const ORIGIN = "x-amz-meta-ledge-origin";

/** User metadata has 2 KB at most, and more servers than that send nothing round. */
const MOST_ORIGINS = 6;

/** The last first. */
export function originsOf(headers: StoredHeaders): readonly string[] {
  return (headers[ORIGIN] ?? "").split(" ").filter((origin) => origin !== "");
}

/** What an object says at another server. */
export function originHeader(own: string, headers: StoredHeaders): Record<string, string> {
  return { [ORIGIN]: [own, ...originsOf(headers)].slice(0, MOST_ORIGINS).join(" ") };
}

/** What the object is a replica of that another server has. */
export function lastOrigin(headers: Headers): string | undefined {
  return headers.get(ORIGIN)?.split(" ", 1)[0];
}
