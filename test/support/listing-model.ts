import { Buffer } from "node:buffer";
import type { ListQuery } from "../../src/storage/ports/bucket-index.ts";

/** A bucket as simple as can be, that says what a listing has to answer. */
export class BucketModel {
  readonly #etags = new Map<string, string>();

  put(key: string, etag: string): void {
    this.#etags.set(key, etag);
  }

  delete(key: string): void {
    this.#etags.delete(key);
  }

  has(key: string): boolean {
    return this.#etags.has(key);
  }

  etag(key: string): string | undefined {
    return this.#etags.get(key);
  }

  get keys(): string[] {
    return [...this.#etags.keys()].toSorted((a, b) =>
      Buffer.compare(Buffer.from(a), Buffer.from(b)),
    );
  }

  /** `"object <key> <etag>"` and `"prefix <prefix>"`, in order. */
  list({ prefix, delimiter, after, limit }: ListQuery): {
    entries: string[];
    isTruncated: boolean;
  } {
    const entries: string[] = [];
    for (const key of this.keys) {
      if (!key.startsWith(prefix) || !isAfter(key, after)) continue;
      const at = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
      const common = at < 0 ? undefined : key.slice(0, at + delimiter.length);
      // A page that ended with a common prefix continues behind everything in it.
      if (common !== undefined && !isAfter(common, after)) continue;
      const entry = common === undefined ? `object ${key} ${this.etag(key)}` : `prefix ${common}`;
      if (entries.at(-1) !== entry) entries.push(entry);
    }
    return { entries: entries.slice(0, limit), isTruncated: entries.length > limit };
  }
}

function isAfter(key: string, after: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0 || after === "";
}
