import { Buffer } from "node:buffer";
import type { VersioningStatus } from "../../src/protocol/bucket-configuration.ts";

const NULL_ID = "null";

interface Version {
  readonly id: string;
  readonly isMarker: boolean;
  /** Rises with each write. */
  readonly order: number;
}

/** What is listed of one key and cannot be divided: a version, or an upload. */
interface Item {
  readonly key: string;
  /** Of two items of a key, the one with the lesser rank comes first. */
  readonly rank: number | string;
  readonly text: string;
}

interface PageQuery {
  readonly prefix: string;
  readonly delimiter: string;
  readonly limit: number;
  readonly afterKey: string;
}

interface ModelPage {
  readonly entries: readonly string[];
  readonly isTruncated: boolean;
}

/** A bucket with versions as simple as can be, that says what a listing has to answer at any time. */
export class VersionModel {
  readonly #versions = new Map<string, readonly Version[]>();
  /** Of all versions that ever were, the null ones excepted. */
  readonly #orders = new Map<string, number>();
  #order = 0;

  get keys(): string[] {
    return [...this.#versions.keys()];
  }

  /** The ids of a key's versions, the newest first. */
  idsOf(key: string): string[] {
    return (this.#versions.get(key) ?? []).map(({ id }) => id);
  }

  /** @param id undefined: the null version, which takes the place of another one */
  write(key: string, id: string | undefined, isMarker: boolean): void {
    this.#order += 1;
    const version = { id: id ?? NULL_ID, isMarker, order: this.#order };
    if (id !== undefined) this.#orders.set(id, this.#order);
    else this.remove(key, NULL_ID);
    this.#versions.set(key, [version, ...(this.#versions.get(key) ?? [])]);
  }

  /** What a delete without a version id leaves. */
  delete(key: string, versioning: VersioningStatus | undefined, id: string | undefined): void {
    if (versioning === undefined) this.remove(key, NULL_ID);
    else this.write(key, id, true);
  }

  remove(key: string, id: string): void {
    const left = (this.#versions.get(key) ?? []).filter((version) => version.id !== id);
    if (left.length === 0) this.#versions.delete(key);
    else this.#versions.set(key, left);
  }

  list(query: PageQuery, afterId: string | undefined): ModelPage {
    const items = [...this.#versions].flatMap(([key, versions]) =>
      versions.map((version, i): Item => {
        const kind = `${version.isMarker ? "marker" : "version"}${i === 0 ? " latest" : ""}`;
        return { key, rank: -version.order, text: `${kind} ${key} ${version.id}` };
      }),
    );
    return pageOf(items, query, afterId === undefined ? undefined : this.#rankOf(query, afterId));
  }

  /** The null version has no place of its own: when it is gone, all of its key is listed again. */
  #rankOf({ afterKey }: PageQuery, id: string): number {
    const order =
      this.#orders.get(id) ??
      this.#versions.get(afterKey)?.find((version) => version.id === id)?.order;
    return -(order ?? Number.MAX_SAFE_INTEGER);
  }
}

/** The uploads under way, likewise. */
export class UploadModel {
  readonly uploads: { readonly key: string; readonly id: string }[] = [];

  begin(key: string, id: string): void {
    this.uploads.push({ key, id });
  }

  abort(id: string): void {
    this.uploads.splice(
      this.uploads.findIndex((upload) => upload.id === id),
      1,
    );
  }

  list(query: PageQuery, afterId: string): ModelPage {
    const items = this.uploads.map(({ key, id }): Item => ({
      key,
      rank: id,
      text: `upload ${key} ${id}`,
    }));
    return pageOf(items, query, afterId === "" ? undefined : afterId);
  }
}

/** @param afterRank of what the page comes after; undefined: all that `afterKey` has */
function pageOf(
  items: readonly Item[],
  { prefix, delimiter, limit, afterKey }: PageQuery,
  afterRank: number | string | undefined,
): ModelPage {
  const entries: string[] = [];
  const sorted = items.toSorted(
    (a, b) => compareBytes(a.key, b.key) || (a.rank < b.rank ? -1 : Number(a.rank > b.rank)),
  );
  for (const { key, rank, text } of sorted) {
    if (!key.startsWith(prefix)) continue;
    const at = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    const common = at < 0 ? undefined : key.slice(0, at + delimiter.length);
    const side = afterKey === "" ? 1 : compareBytes(common ?? key, afterKey);
    const isRest = side === 0 && common === undefined && afterRank !== undefined;
    if (side < 0 || (side === 0 && !(isRest && rank > afterRank))) continue;
    const entry = common === undefined ? text : `prefix ${common}`;
    if (entries.at(-1) !== entry) entries.push(entry);
  }
  return { entries: entries.slice(0, limit), isTruncated: entries.length > limit };
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
