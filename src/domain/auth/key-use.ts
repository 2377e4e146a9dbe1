import { boundedText } from "../../lib/bounded-text.ts";
import { log } from "../../lib/log.ts";
import type { Caller, SignedCaller } from "../../protocol/caller.ts";
import type { Waiter } from "../../lib/waiter.ts";
import type { AccountDirectory, KeyRecord } from "../../storage/ports/account-directory.ts";

/** How precisely it is known when a key was used. */
const PRECISION_MS = 3_600_000;

/** A client may make it as long as it likes. */
const MAX_REGION_LENGTH = 64;

interface Use {
  readonly accessKeyId: string;
  /** When it was noted last, here or elsewhere. */
  notedMs: number;
}

/** By what keys were opened to, as long as it is remembered. The settings' root is none of them, and neither are sessions. */
const uses = new WeakMap<SignedCaller, Use>();

export function rememberKey(
  caller: SignedCaller,
  { accessKeyId, lastUsedMs = 0 }: KeyRecord,
): void {
  uses.set(caller, { accessKeyId, notedMs: lastUsedMs });
}

/** Where a key was used. */
interface Place {
  /** `s3` */
  readonly service: string;
  readonly region: string;
}

/** Notes that a signature with the caller's key was right, behind the request's back, and once an hour at most. */
export function noteKeyUse(
  caller: Caller,
  place: Place,
  accounts: Pick<AccountDirectory, "noteKeyUse">,
  waiter: Waiter,
): void {
  const use =
    caller.kind === "anonymous" || caller.kind === "service" ? undefined : uses.get(caller);
  if (use === undefined) return;
  const nowMs = Date.now();
  if (nowMs - use.notedMs < PRECISION_MS) return;
  use.notedMs = nowMs;
  const region = boundedText(place.region, MAX_REGION_LENGTH);
  waiter.waitUntil(accounts.noteKeyUse(use.accessKeyId, { ...place, region }).catch(ignoreFailure));
}

/** It is noted when the key is used next by another isolate, or an hour later. */
function ignoreFailure(error: unknown): void {
  log("warn", "use of a key not noted", { error: String(error) });
}
