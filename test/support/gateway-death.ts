import { env } from "cloudflare:workers";
import { IS_CAMPAIGN } from "./campaign.ts";
import { faultyEnv } from "./faults.ts";

/** How a call to a store fails: it never arrives; its answer is lost; it arrives when nobody waits for it any more. */
const FAILURES = ["before", "after", "late"] as const;
export type Failure = (typeof FAILURES)[number];

export interface FaultPlan {
  /** Which call to a store fails, counted from 0. */
  readonly at: number;
  readonly failure: Failure;
  /** The gateway dies with it: none of its later calls is made. */
  readonly isDeath: boolean;
}

export interface Doomed {
  /** The environment of a gateway that meets the fault. */
  readonly env: Cloudflare.Env;
  /** The calls that are on their way still. */
  readonly late: (() => Promise<unknown>)[];
}

type Method = (...given: unknown[]) => Promise<unknown>;

/** Stores of which one call fails as planned. */
export function doomedEnv(
  { at, failure, isDeath }: FaultPlan,
  stores: Pick<Cloudflare.Env, "BUCKET_INDEX" | "BLOBS"> = env,
): Doomed {
  let calls = 0;
  let isDead = false;
  const late: Doomed["late"] = [];

  async function call(effect: () => Promise<unknown>, mayBeLate: boolean): Promise<unknown> {
    if (isDead) throw new Error("the gateway is dead");
    const isHit = calls === at;
    calls += 1;
    if (!isHit) return effect();
    isDead = isDeath;
    if (failure === "after") await effect();
    if (failure === "late" && mayBeLate) late.push(effect);
    throw new Error(`call ${at} failed: ${failure}`);
  }

  /** Every method of a store, or of a stub, which has whatever method it is asked for. */
  function doom<T extends object>(target: T, mayBeLate: boolean): T {
    return new Proxy(target, {
      get(original, name) {
        const value: unknown = Reflect.get(original, name);
        if (typeof value !== "function" || typeof name !== "string") return value;
        const method: Method = (...given) =>
          call(async () => Reflect.apply(value, original, given), mayBeLate);
        return method;
      },
    });
  }

  const shards = new Proxy(stores.BUCKET_INDEX, {
    get(original, name) {
      const value: unknown = Reflect.get(original, name);
      if (typeof value !== "function") return value;
      if (name !== "get" && name !== "getByName") return value.bind(original);
      return (...given: unknown[]): object => doom(Reflect.apply(value, original, given), true);
    },
  });
  return { env: faultyEnv({ BUCKET_INDEX: shards, BLOBS: doom(stores.BLOBS, false) }), late };
}

export const ALL_FAILURES: readonly Failure[] = FAILURES;

/**
 * How the call of this number fails, in a test that runs with one shard as well and tries all ways there: with several, each call
 * fails in one way, by turns.
 */
export function failuresOf(at: number): readonly Failure[] {
  const isAlone = env.INDEX_SHARDS === "1" || IS_CAMPAIGN;
  return isAlone ? FAILURES : FAILURES.slice(at % FAILURES.length).slice(0, 1);
}
