import { Engines } from "../../src/entrypoints/engines.ts";
import { BucketIndexObject } from "../../src/storage/bucket-shard/durable-object.ts";
import { bucketIdOf } from "./faults.ts";
import { query, runDueAlarm, shardNames } from "./shards.ts";

/** The calls by which a version comes to a destination, each of which may fail before or after it had its effect. */
const CALLS: readonly (readonly [prototype: object, method: string])[] = [
  [Engines.prototype, "replicate"],
  [BucketIndexObject.prototype, "takeHold"],
  [BucketIndexObject.prototype, "commit"],
  [BucketIndexObject.prototype, "change"],
  [BucketIndexObject.prototype, "remove"],
  [BucketIndexObject.prototype, "changeAnnotation"],
];

type Method = (...given: unknown[]) => Promise<unknown>;

export interface Fault {
  /** Which call, counted from 0. */
  readonly at: number;
  readonly when: "after" | "before";
}

/**
 * Runs something while calls fail that bring versions to destinations.
 *
 * @returns how many calls there were
 */
export async function withFaults(
  faults: readonly Fault[],
  act: () => Promise<unknown>,
): Promise<number> {
  let calls = 0;
  const restorers = CALLS.map(([prototype, name]) => {
    const method = Reflect.get(prototype, name) as Method;
    Reflect.set(prototype, name, async function failing(this: unknown, ...given: unknown[]) {
      const fault = faults.find(({ at }) => at === calls);
      calls += 1;
      if (fault?.when === "before") throw new Error("it never arrived");
      const answer = await Reflect.apply(method, this, given);
      if (fault?.when === "after") throw new Error("its answer was lost");
      return answer;
    });
    return () => Reflect.set(prototype, name, method);
  });
  try {
    await act();
  } finally {
    for (const restore of restorers) restore();
  }
  return calls;
}

/** Runs the alarms of these buckets that are due. */
export async function runReplication(buckets: readonly string[]): Promise<void> {
  for (const name of await shardsOf(buckets)) await runDueAlarm(name, 5);
}

/** What waits in the outboxes of these buckets. */
export async function waiting(buckets: readonly string[]): Promise<string[]> {
  const rows = await Promise.all(
    (await shardsOf(buckets)).map((name) =>
      query<{ key: string; record: string }>(name, "SELECT key, record FROM outbox ORDER BY id"),
    ),
  );
  return rows.flat().map(({ key, record }) => `${key} ${record}`);
}

async function shardsOf(buckets: readonly string[]): Promise<string[]> {
  return (await Promise.all(buckets.map(bucketIdOf))).flatMap(shardNames);
}
