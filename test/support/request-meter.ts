import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { BucketIndexObject } from "../../src/storage/bucket-shard/durable-object.ts";
import { DirectoryObject } from "../../src/storage/directory-object/durable-object.ts";

/** What a request asked of the stores behind the Worker. */
export interface RequestCost {
  index: number;
  rowsRead: number;
  rowsWritten: number;
  r2: number;
  directory: number;
  kv: number;
}

interface Meter {
  /** Forgets what was counted so far. */
  reset(): void;
  cost(): RequestCost;
  /** Cursors that were left before their end. */
  openCursors(): number;
  /** Takes itself out again: other files have the same isolate. */
  remove(): void;
}

type Cursor = SqlStorageCursor<Record<string, SqlStorageValue>>;

/**
 * Counts at the stores themselves, by their prototypes: tests, Worker and Durable Objects are one isolate here. Call it
 * once in a file, and `remove` after its last test.
 */
export async function installMeter(): Promise<Meter> {
  let calls = { index: 0, r2: 0, directory: 0, kv: 0 };
  const cursors: Cursor[] = [];
  const shard = env.BUCKET_INDEX.getByName("meter/0");
  const restorers = [
    observe(BucketIndexObject.prototype, () => (calls.index += 1)),
    observe(DirectoryObject.prototype, () => (calls.directory += 1)),
    observe(Object.getPrototypeOf(env.BLOBS), () => (calls.r2 += 1)),
    observe(Object.getPrototypeOf(env.IDENTITIES), () => (calls.kv += 1)),
    await runInDurableObject(shard, (_, { storage: { sql } }) =>
      observe(Object.getPrototypeOf(sql), (result) => {
        // The prototype has `exec` and getters only.
        cursors.push(result as Cursor);
      }),
    ),
  ];
  const rows = (column: "rowsRead" | "rowsWritten"): number =>
    cursors.reduce((sum, cursor) => sum + cursor[column], 0);
  return {
    reset() {
      calls = { index: 0, r2: 0, directory: 0, kv: 0 };
      cursors.length = 0;
    },
    cost: () => ({ ...calls, rowsRead: rows("rowsRead"), rowsWritten: rows("rowsWritten") }),
    openCursors: () => cursors.filter((cursor) => cursor.next().done !== true).length,
    remove() {
      for (const restore of restorers) restore();
    },
  };
}

/**
 * Tells of every call of a method of this prototype that comes from outside, and lets all through.
 *
 * @returns what makes the prototype as it was
 */
function observe(prototype: object, onCall: (result: unknown) => void): () => void {
  let depth = 0;
  const methods = Object.entries(Object.getOwnPropertyDescriptors(prototype)).filter(
    ([name, { value }]) => name !== "constructor" && typeof value === "function",
  );
  for (const [name, { value: method }] of methods)
    Reflect.set(prototype, name, function observed(this: unknown, ...parameters: unknown[]) {
      depth += 1;
      try {
        const result: unknown = Reflect.apply(method, this, parameters);
        if (depth === 1) onCall(result);
        return result;
      } finally {
        depth -= 1;
      }
    });
  return () => {
    for (const [name, descriptor] of methods) Object.defineProperty(prototype, name, descriptor);
  };
}
