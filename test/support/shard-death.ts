import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { ObjectStore } from "./object-store.ts";
import { Refused } from "./http-store.ts";
import { runDueAlarm } from "./shards.ts";

const DEATH = "moved to another machine";

/** More deaths in a row than any seed brings. */
const MAX_DEATHS = 100;

/** A shard dies with what it remembers, and whoever waits for its answer is told so, as it happens on Cloudflare at any time. */
export async function crash(shardName: string): Promise<void> {
  await runInDurableObject(env.BUCKET_INDEX.getByName(shardName), (_, state) =>
    state.abort(DEATH),
  ).catch(() => undefined);
}

function isDeath(error: unknown): boolean {
  return error instanceof Error && error.message.includes(DEATH);
}

/** Does something with a shard, once more when the shard dies meanwhile. */
async function untilAlive<T>(effect: () => Promise<T>): Promise<T> {
  for (let deaths = 0; deaths < MAX_DEATHS; deaths += 1)
    try {
      return await effect();
    } catch (error) {
      if (!isDeath(error)) throw error;
    }
  throw new Error("the shard dies whenever it is called");
}

/**
 * As `runDueAlarm`, of a shard that may die in the middle: the alarm has not ended then, and the runtime rings it again, unless the shard has
 * set another one in its place.
 */
export async function ringThroughDeaths(
  shardName: string,
  ...how: [most?: number, fails?: () => boolean]
): Promise<void> {
  await untilAlive(async () => {
    try {
      await runDueAlarm(shardName, ...how);
    } catch (error) {
      if (isDeath(error)) await untilAlive(() => setAlarm(shardName));
      throw error;
    }
  });
}

function setAlarm(shardName: string): Promise<void> {
  return runInDurableObject(env.BUCKET_INDEX.getByName(shardName), async (_, { storage }) => {
    if ((await storage.getAlarm()) === null) await storage.setAlarm(Date.now());
  });
}

/** Does what may be done twice, once more when the server has failed, since a shard has died. */
export async function untilDone(effect: () => Promise<unknown>): Promise<void> {
  for (let failures = 0; ; failures += 1)
    try {
      await effect();
      return;
    } catch (error) {
      const isPassing = String(error).includes("<Code>InternalError</Code>");
      if (!isPassing || failures === MAX_DEATHS) throw error;
    }
}

const READS = ["find", "read", "listVersions", "isPublic", "listParts", "listUploads"] as const;

/** What reads it asks again when the server has failed, as every client does; writes it leaves to whoever knows what they are. */
export function askingAgain(store: ObjectStore): ObjectStore {
  const patient = READS.map((name) => {
    const read = store[name] as (...given: unknown[]) => Promise<unknown>;
    const again = async (...given: unknown[]): Promise<unknown> => {
      for (let failures = 0; ; failures += 1)
        try {
          return await read(...given);
        } catch (error) {
          const isPassing = error instanceof Refused && error.status >= 500;
          if (!isPassing || failures === MAX_DEATHS) throw error;
        }
    };
    return [name, again] as const;
  });
  return { ...store, ...(Object.fromEntries(patient) as Partial<ObjectStore>) };
}
