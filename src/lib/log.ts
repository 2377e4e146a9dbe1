/** Writes one line of JSON to the log: what happened, and what there is to know of it. No secret is to be among that. */
export function log(
  level: "error" | "log" | "warn",
  event: string,
  details: Readonly<Record<string, unknown>>,
): void {
  console[level](JSON.stringify({ event, ...details }));
}
