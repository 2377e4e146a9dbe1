import { log } from "../../lib/log.ts";
import { PerSecond } from "../../lib/per-second.ts";
import type { Waiter } from "../../lib/waiter.ts";
import { S3Error } from "../../protocol/errors.ts";

/** From this age on, a record is asked for again while it is still used. */
const REFRESH_AFTER_MS = 5000;
const UNKNOWN_FOR_MS = 1000;
/** How many ids a second the Directory is asked for that were never seen, and that anybody can have invented. */
const MAX_QUESTIONS_A_SECOND = 10;
/** Records that one isolate remembers of a Directory. */
const MAX_REMEMBERED = 2000;
/** And of how much text: the policies of one user, and of its groups, may take over a million characters. */
const MAX_REMEMBERED_CHARACTERS = 8_000_000;
/** KV keeps nothing for less. */
const KV_TTL_SECONDS = 60;

/** What the edge copy has. */
interface Copy<Value> {
  readonly record: Value;
  /** When the Directory was asked for it, by whichever gateway. */
  readonly asOfMs: number;
}

interface Remembered<Value> extends Copy<Value> {
  /** When this isolate last asked for it. */
  askedMs: number;
  /** What the record takes as JSON. */
  readonly characters: number;
}

/** What one isolate knows of a Directory's records. */
class Memory<Value> {
  readonly known = new Map<string, Remembered<Value>>();
  /** Until when ids count as unknown. */
  readonly unknown = new Map<string, number>();
  /** Since when what was known does not count any more, by the parts of ids. */
  readonly #forgotten = new Map<string, number>();
  /** Rises as records are forgotten, so that what was asked before is not remembered after. */
  epoch = 0;
  /** The same of all. */
  #allForgottenMs = 0;
  readonly questions = new PerSecond(MAX_QUESTIONS_A_SECOND);
  /** Of all that is known. */
  #characters = 0;

  remember(id: string, copy: Copy<Value>, askedMs: number, characters: number): void {
    this.drop(id);
    const isFull = this.known.size >= MAX_REMEMBERED;
    if (isFull || this.#characters + characters > MAX_REMEMBERED_CHARACTERS) {
      this.known.clear();
      this.#characters = 0;
    }
    this.known.set(id, { ...copy, askedMs, characters });
    this.#characters += characters;
  }

  /** @returns whether it was known */
  drop(id: string): boolean {
    this.#characters -= this.known.get(id)?.characters ?? 0;
    return this.known.delete(id);
  }

  forget(part: string): void {
    // To forget more than need be costs a question.
    if (this.#forgotten.size >= MAX_REMEMBERED) this.forgetAll();
    this.#forgotten.set(part, Date.now());
  }

  forgetAll(): void {
    this.#allForgottenMs = Date.now();
    this.#forgotten.clear();
  }

  wasForgotten(part: string): boolean {
    return this.#forgotten.has(part);
  }

  /** When what has these parts was last forgotten. */
  forgottenMs(parts: readonly string[]): number {
    return Math.max(this.#allForgottenMs, ...parts.map((part) => this.#forgotten.get(part) ?? 0));
  }
}

/**
 * Id → record, by way of this isolate's memory, then the edge copy in KV, then the Directory. What is remembered is used for a
 * bounded time from when the *Directory* told it, and asked for again in the background long before that. So what was taken away
 * works no longer than `maxAgeMs` anywhere, and no longer at all where it was taken away.
 */
export interface RecordLookup<Value> {
  /** Without waiting; `unread`: what is known may not be used any more, or it is time to ask again. */
  remembered(id: string): Value | "unknown" | "unread";
  /** @throws S3Error SlowDown when nobody can tell */
  read(id: string, waiter: Waiter): Promise<Value | undefined>;
  /** These are others from now on. */
  forget(parts: readonly string[]): Promise<void>;
  /** All may be others from now on. */
  forgetAll(): void;
}

interface Source<Value> {
  readonly ask: (id: string) => Promise<Value | undefined>;
  /** Undefined on the local server, where the Directory is as near. */
  readonly copies: KVNamespace | undefined;
  readonly copyKeyOf: (id: string) => string;
  readonly maxAgeMs: number;
  /** Whether an id is one of those that nobody can invent. */
  readonly isVouchedFor: (id: string) => boolean;
  /** What an id is forgotten with. */
  readonly partsOf: (id: string) => readonly string[];
}

export function recordLookup<Value>(source: Source<Value>): RecordLookup<Value> {
  const { maxAgeMs, copyKeyOf, partsOf } = source;
  const memory = new Memory<Value>();
  const kv = maxAgeMs > 0 ? source.copies : undefined;

  /** One from the future is of a clock that is wrong. */
  function isUsable(id: string, { asOfMs }: Copy<Value>, nowMs: number): boolean {
    const isOfNow = asOfMs <= nowMs && nowMs - asOfMs < maxAgeMs;
    return isOfNow && asOfMs >= memory.forgottenMs(partsOf(id));
  }

  async function ask(id: string): Promise<Copy<Value> | undefined> {
    const { epoch } = memory;
    const asOfMs = Date.now();
    const record = await source.ask(id);
    if (epoch !== memory.epoch) return record && { record, asOfMs };
    if (record === undefined) {
      remember(memory.unknown, id, asOfMs + UNKNOWN_FOR_MS);
      if (memory.drop(id)) await dropCopy(id);
      return undefined;
    }
    const text = JSON.stringify(record);
    const before = memory.known.get(id)?.record;
    // What was compiled of a record is kept with it: one that says the same stays the same object.
    const isAsBefore = before !== undefined && JSON.stringify(before) === text;
    const kept = { record: isAsBefore ? before : record, asOfMs };
    memory.remember(id, kept, asOfMs, text.length);
    return kept;
  }

  async function dropCopy(id: string): Promise<void> {
    await kv?.delete(copyKeyOf(id)).catch(ignoreKvFailure);
  }

  return {
    remembered(id) {
      const nowMs = Date.now();
      const known = memory.known.get(id);
      if (known === undefined) return (memory.unknown.get(id) ?? 0) > nowMs ? "unknown" : "unread";
      const isDue = nowMs - known.askedMs >= REFRESH_AFTER_MS;
      return isDue || !isUsable(id, known, nowMs) ? "unread" : known.record;
    },

    async read(id, waiter) {
      const known = memory.known.get(id);
      const startedMs = Date.now();
      if (known !== undefined && isUsable(id, known, startedMs)) {
        known.askedMs = startedMs;
        waiter.waitUntil(ask(id).catch(ignoreRefreshFailure));
        return known.record;
      }
      const { epoch } = memory;
      const copy = await kv?.get<Copy<Value>>(copyKeyOf(id), "json").catch(ignoreKvFailure);
      const nowMs = Date.now();
      if (copy && isUsable(id, copy, nowMs) && epoch === memory.epoch) {
        memory.remember(id, copy, copy.asOfMs, JSON.stringify(copy.record).length);
        return copy.record;
      }
      const wasSeen = known !== undefined || memory.wasForgotten(id) || isCopy(copy);
      if (!wasSeen && !source.isVouchedFor(id) && !memory.questions.take(nowMs)) return undefined;
      const asked = await ask(id).catch(unavailable);
      // It was not forgotten meanwhile.
      if (asked !== undefined && memory.known.get(id)?.record === asked.record) {
        const text = JSON.stringify(asked);
        const copying = kv?.put(copyKeyOf(id), text, { expirationTtl: KV_TTL_SECONDS });
        if (copying !== undefined) waiter.waitUntil(copying.catch(ignoreKvFailure));
      }
      return asked?.record;
    },

    async forget(parts) {
      memory.epoch += 1;
      for (const part of parts) {
        memory.forget(part);
        memory.unknown.delete(part);
      }
      await Promise.all(parts.map(dropCopy));
    },

    forgetAll() {
      memory.epoch += 1;
      memory.forgetAll();
      memory.unknown.clear();
    },
  };
}

function isCopy(copy: unknown): boolean {
  return copy !== null && copy !== undefined;
}

function remember(map: Map<string, number>, id: string, value: number): void {
  if (map.size >= MAX_REMEMBERED) map.clear();
  map.set(id, value);
}

function ignoreKvFailure(error: unknown): undefined {
  log("warn", "edge copy failed", { error: String(error) });
  return undefined;
}

/** What is remembered goes on to be used, to the bound of its age. */
function ignoreRefreshFailure(error: unknown): void {
  log("warn", "identity not refreshed", { error: String(error) });
}

/** Whether there is such a record, nobody knows: neither is it refused for good, nor let in. */
function unavailable(error: unknown): never {
  log("error", "identity not read", { error: String(error) });
  throw new S3Error("SlowDown");
}
