import type { Origin } from "../../protocol/events/origin.ts";

/**
 * The second argument of calls that the configuration has a say in: the revision of the shard part that the gateway knows;
 * with whoever makes the call, where the bucket wants to know, which is `EVENTS_PROTOCOL`.
 */
export type Known = number | { readonly revision: number; readonly origin: Origin };

export function revisionOf(known: Known): number {
  return typeof known === "number" ? known : known.revision;
}

export function originOf(known: Known): Origin | undefined {
  return typeof known === "number" ? undefined : known.origin;
}
