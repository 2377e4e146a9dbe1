import type { Content } from "../../../protocol/object-record.ts";
import type { PackedColumns } from "../../wire/packed-object.ts";

/** One object as it was read. */
export interface CachedObject {
  readonly columns: PackedColumns;
  /** Undefined until somebody asked for the content. */
  readonly content: Content | undefined;
}

/** What an object takes besides its key and its inline bytes, roughly. */
const OBJECT_BYTES = 512;

/**
 * Objects that were read lately, so that a hot one costs no query: a lookup and its inline body are a third of what a
 * small GET costs (measured 2026-11). The shard is the only writer of its rows, so it knows when an entry is stale.
 */
export class ObjectCache {
  readonly #maxBytes: number;
  /** In the order of their last use. */
  readonly #entries = new Map<string, CachedObject>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(key: string): CachedObject | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  set(key: string, entry: CachedObject): void {
    this.delete(key);
    this.#entries.set(key, entry);
    this.#bytes += sizeOf(key, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= sizeOf(key, entry);
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }
}

function sizeOf(key: string, { content }: CachedObject): number {
  const inlineBytes = content?.kind === "inline" ? content.bytes.byteLength : 0;
  return OBJECT_BYTES + 2 * key.length + inlineBytes;
}
