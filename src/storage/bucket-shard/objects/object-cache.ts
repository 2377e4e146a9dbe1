import type { Content } from "../../../protocol/object-record.ts";
import type { PackedColumns } from "../../wire/packed-object.ts";

/** One object as it was read. */
export interface CachedObject {
  readonly columns: PackedColumns;
  /** Undefined until somebody asked for the content. */
  readonly content: Content | undefined;
}

interface Entry {
  /** Of the cache that it is in: the cache itself can be collected when its shard is gone. */
  readonly entries: Entries;
  readonly key: string;
  readonly object: CachedObject;
  readonly sizeBytes: number;
}

type Entries = Map<string, Entry>;

/** What an object takes besides its key and its inline bytes, roughly. */
const OBJECT_BYTES = 512;

/**
 * What all shards of an isolate, or of a process, remember, in the order of its last use: so that a shard that is read much may
 * have what the others do not need.
 */
class Memory {
  readonly #entries = new Set<Entry>();
  #bytes = 0;

  use(entry: Entry): void {
    this.#entries.delete(entry);
    this.#entries.add(entry);
  }

  add(entry: Entry, maxBytes: number): void {
    entry.entries.set(entry.key, entry);
    this.#entries.add(entry);
    this.#bytes += entry.sizeBytes;
    for (const oldest of this.#entries) {
      if (this.#bytes <= maxBytes) break;
      this.remove(oldest);
    }
  }

  remove(entry: Entry): void {
    entry.entries.delete(entry.key);
    this.#entries.delete(entry);
    this.#bytes -= entry.sizeBytes;
  }

  removeAll(entries: Entries): void {
    for (const entry of entries.values()) this.remove(entry);
  }
}

const memory = new Memory();
const ofCollectedCaches = new FinalizationRegistry((entries: Entries) => memory.removeAll(entries));

/**
 * Objects of a shard that were read lately, so that a hot one costs no query: a lookup and its inline body are a third of what a
 * small GET costs (measured 2026-11). The shard is the only writer of its rows, so it knows when an entry is stale.
 */
export class ObjectCache {
  readonly #maxBytes: number;
  readonly #entries: Entries = new Map();

  /** @param maxBytes of this cache and all others of the isolate together */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    ofCollectedCaches.register(this, this.#entries);
  }

  get(key: string): CachedObject | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    memory.use(entry);
    return entry.object;
  }

  set(key: string, object: CachedObject): void {
    this.delete(key);
    const sizeBytes = sizeOf(key, object);
    memory.add({ entries: this.#entries, key, object, sizeBytes }, this.#maxBytes);
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) memory.remove(entry);
  }

  clear(): void {
    memory.removeAll(this.#entries);
  }
}

function sizeOf(key: string, { content }: CachedObject): number {
  const inlineBytes = content?.kind === "inline" ? content.bytes.byteLength : 0;
  return OBJECT_BYTES + 2 * key.length + inlineBytes;
}
