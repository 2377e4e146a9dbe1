import { DatabaseSync, type StatementSync } from "node:sqlite";

/** Texts by texts, in a temporary file, so that a bucket of any size takes little memory. */
export class Scratch {
  readonly #database = new DatabaseSync("");
  readonly #get: StatementSync;
  readonly #set: StatementSync;

  constructor() {
    this.#database.exec("CREATE TABLE entry (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID");
    this.#get = this.#database.prepare("SELECT value FROM entry WHERE key = ?");
    this.#set = this.#database.prepare("INSERT OR REPLACE INTO entry (key, value) VALUES (?, ?)");
  }

  get(key: string): string | undefined {
    const value = this.#get.get(key)?.["value"];
    return typeof value === "string" ? value : undefined;
  }

  set(key: string, value: string): void {
    this.#set.run(key, value);
  }

  delete(key: string): void {
    this.#database.prepare("DELETE FROM entry WHERE key = ?").run(key);
  }

  close(): void {
    this.#database.close();
  }
}

/** Does so many at once; of several that fail, the first is thrown when all have ended. */
export async function atOnce<T>(
  lanes: number,
  items: Iterable<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  let isFailed = false;
  const lane = async (): Promise<void> => {
    for (let next = queue.next(); !isFailed && next.done !== true; next = queue.next()) {
      try {
        await work(next.value);
      } catch (error) {
        isFailed = true;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: lanes }, lane));
  for (const each of ended) if (each.status === "rejected") throw each.reason;
}
