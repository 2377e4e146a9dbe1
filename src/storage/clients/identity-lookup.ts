import { log } from "../../lib/log.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { AccountDirectory, KeyRecord } from "../ports/account-directory.ts";

/** From this age on, a record is asked for again while it is still used. */
const REFRESH_AFTER_MS = 5000;
const UNKNOWN_FOR_MS = 1000;
/** How many ids a second the Directory is asked for that were never seen, and that anybody can have invented. */
const MAX_QUESTIONS_A_SECOND = 10;
/** Keys that one isolate remembers of a Directory. */
const MAX_REMEMBERED = 2000;
/** KV keeps nothing for less. */
const KV_TTL_SECONDS = 60;

interface Remembered {
  /** Undefined: there is such a key, and nothing is known of it. */
  readonly record: KeyRecord | undefined;
  /** When the Directory was asked for it, by whichever gateway. */
  readonly asOfMs: number;
  /** When this isolate last asked for it. */
  askedMs: number;
}

/** Whoever keeps the isolate alive for what goes on after the answer. */
export type Waiter = Pick<ExecutionContext, "waitUntil">;

/** What the edge copy has. */
interface Copy {
  readonly record: KeyRecord;
  readonly asOfMs: number;
}

/** What one isolate knows of a Directory's keys. */
class Memory {
  readonly known = new Map<string, Remembered>();
  /** Until when ids count as unknown. */
  readonly unknown = new Map<string, number>();
  /** Rises as keys are forgotten, so that what was asked before is not remembered after. */
  epoch = 0;
  /** Copies are of use only if the Directory was asked for them later. */
  oldestMs = 0;
  #second = 0;
  #questions = 0;

  mayAsk(nowMs: number): boolean {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) [this.#second, this.#questions] = [second, 0];
    this.#questions += 1;
    return this.#questions <= MAX_QUESTIONS_A_SECOND;
  }
}

/**
 * Access key id → whom it stands for, by way of this isolate's memory, then the edge copy in KV, then the Directory. What is
 * remembered is used for a bounded time from when the *Directory* told it, and asked for again in the background long before
 * that. So a key that was taken away works no longer than `maxAgeMs` anywhere, and no longer at all where it was taken away.
 */
export interface IdentityLookup {
  /** Without waiting; `unread`: what is known may not be used any more, or it is time to ask again. */
  remembered(accessKeyId: string): KeyRecord | "unknown" | "unread";
  /** @throws S3Error SlowDown when nobody can tell */
  read(accessKeyId: string, waiter: Waiter): Promise<KeyRecord | undefined>;
  /** These are others from now on. */
  forget(accessKeyIds: readonly string[]): Promise<void>;
  /** All may be others from now on. */
  forgetAll(): void;
}

/**
 * @param copies undefined on the local server, where the Directory is as near
 * @param isMadeId whether an id is one of those that nobody can invent
 */
export function identityLookup(
  directory: Pick<AccountDirectory, "findKey">,
  copies: KVNamespace | undefined,
  maxAgeMs: number,
  isMadeId: (accessKeyId: string) => boolean,
): IdentityLookup {
  const memory = new Memory();
  const kv = maxAgeMs > 0 ? copies : undefined;
  // A gateway from before there were users would take a user's record for its account's root's: so not `identity-1/`.
  const keyOf = (accessKeyId: string): string => `identity-2/${accessKeyId}`;

  /** One from the future is of a clock that is wrong. */
  function isUsable(known: Remembered | Copy, nowMs: number): known is Copy {
    const { record, asOfMs } = known;
    const isOfNow = asOfMs <= nowMs && nowMs - asOfMs < maxAgeMs;
    return record !== undefined && isOfNow && asOfMs > memory.oldestMs;
  }

  async function ask(accessKeyId: string): Promise<Copy | undefined> {
    const { epoch } = memory;
    const asOfMs = Date.now();
    const record = await directory.findKey(accessKeyId, { knowsUsers: true });
    if (epoch !== memory.epoch) return record && { record, asOfMs };
    if (record === undefined) {
      remember(memory.unknown, accessKeyId, asOfMs + UNKNOWN_FOR_MS);
      if (memory.known.delete(accessKeyId)) await dropCopy(accessKeyId);
      return undefined;
    }
    remember(memory.known, accessKeyId, { record, asOfMs, askedMs: asOfMs });
    return { record, asOfMs };
  }

  async function dropCopy(accessKeyId: string): Promise<void> {
    await kv?.delete(keyOf(accessKeyId)).catch(ignoreKvFailure);
  }

  return {
    remembered(accessKeyId) {
      const nowMs = Date.now();
      const known = memory.known.get(accessKeyId);
      if (known === undefined)
        return (memory.unknown.get(accessKeyId) ?? 0) > nowMs ? "unknown" : "unread";
      const isDue = nowMs - known.askedMs >= REFRESH_AFTER_MS;
      return isDue || !isUsable(known, nowMs) ? "unread" : known.record;
    },

    async read(accessKeyId, waiter) {
      const known = memory.known.get(accessKeyId);
      const startedMs = Date.now();
      if (known !== undefined && isUsable(known, startedMs)) {
        known.askedMs = startedMs;
        waiter.waitUntil(ask(accessKeyId).catch(ignoreRefreshFailure));
        return known.record;
      }
      const { epoch } = memory;
      const copy = await kv?.get<Copy>(keyOf(accessKeyId), "json").catch(ignoreKvFailure);
      const nowMs = Date.now();
      if (copy && isUsable(copy, nowMs) && epoch === memory.epoch) {
        remember(memory.known, accessKeyId, { ...copy, askedMs: copy.asOfMs });
        return copy.record;
      }
      const wasSeen = known !== undefined || (copy !== null && copy !== undefined);
      if (!wasSeen && !isMadeId(accessKeyId) && !memory.mayAsk(nowMs)) return undefined;
      const asked = await ask(accessKeyId).catch(unavailable);
      // It was not forgotten meanwhile.
      if (asked !== undefined && memory.known.get(accessKeyId)?.record === asked.record) {
        const text = JSON.stringify(asked);
        const copying = kv?.put(keyOf(accessKeyId), text, { expirationTtl: KV_TTL_SECONDS });
        if (copying !== undefined) waiter.waitUntil(copying.catch(ignoreKvFailure));
      }
      return asked?.record;
    },

    async forget(accessKeyIds) {
      memory.epoch += 1;
      for (const accessKeyId of accessKeyIds) {
        // Nobody has invented it: to ask for it is not a question of those that are counted.
        remember(memory.known, accessKeyId, { record: undefined, asOfMs: 0, askedMs: 0 });
        memory.unknown.delete(accessKeyId);
      }
      await Promise.all(accessKeyIds.map(dropCopy));
    },

    forgetAll() {
      memory.epoch += 1;
      memory.oldestMs = Date.now();
      memory.unknown.clear();
    },
  };
}

function remember<Value>(map: Map<string, Value>, accessKeyId: string, value: Value): void {
  if (map.size >= MAX_REMEMBERED) map.clear();
  map.set(accessKeyId, value);
}

function ignoreKvFailure(error: unknown): undefined {
  log("warn", "edge copy failed", { error: String(error) });
  return undefined;
}

/** What is remembered goes on to be used, to the bound of its age. */
function ignoreRefreshFailure(error: unknown): void {
  log("warn", "identity not refreshed", { error: String(error) });
}

/** Whether there is such a key, nobody knows: neither is it refused for good, nor let in. */
function unavailable(error: unknown): never {
  log("error", "identity not read", { error: String(error) });
  throw new S3Error("SlowDown");
}
