import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { putPolicy } from "../support/bucket-policy.ts";
import { atRandom } from "../support/campaign.ts";
import { putObject, signedFetch } from "../support/client.ts";
import { expectOk } from "../support/documents.ts";
import { xCacheOf } from "../support/edge-answers.ts";
import { EdgeCache } from "../support/edge-cache.ts";
import {
  LISTABLE,
  publicBucket,
  publicRequest,
  purge,
  putEdge,
  READABLE,
} from "../support/edge.ts";
import { faultyEnv, withMethods } from "../support/faults.ts";
import { pick, seededRandom } from "../support/seeded-random.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

const pass = (seconds: number): void => void vi.setSystemTime(Date.now() + seconds * 1000);

/** A gateway that remembers for itself, as another isolate does. */
const otherGateway = (): Cloudflare.Env => faultyEnv({ DIRECTORY: withMethods(env.DIRECTORY, {}) });

async function read(cache: EdgeCache, path: string, gateway = env): Promise<string> {
  const response = await cache.send(publicRequest(path), gateway);
  const body = await response.text();
  await cache.settle();
  return response.ok ? body : String(response.status);
}

describe("how old an answer may be", () => {
  test("as old as the setting says, and no older, wherever it is asked for", async () => {
    const bucket = await publicBucket(600);
    const cache = new EdgeCache();
    const [here, there] = [otherGateway(), otherGateway()];
    await putObject(bucket, "k", "old");
    expect(await read(cache, `/${bucket}/k`, here)).toBe("old");
    await putObject(bucket, "k", "new");
    pass(599);
    expect(await read(cache, `/${bucket}/k`, here)).toBe("old");
    expect(await read(cache, `/${bucket}/k`, there)).toBe("old");
    pass(1);
    expect(await read(cache, `/${bucket}/k`, there)).toBe("new");
    expect(await read(cache, `/${bucket}/k`, here)).toBe("new");
    await expectOk(signedFetch("DELETE", `/${bucket}/k`), 204);
    pass(600);
    expect(await read(cache, `/${bucket}/k`, here)).toBe("404");
  });

  test("says how old it is", async () => {
    const bucket = await publicBucket(600);
    const cache = new EdgeCache();
    await putObject(bucket, "k", "body");
    await read(cache, `/${bucket}/k`);
    pass(42);
    const { headers } = await cache.send(publicRequest(`/${bucket}/k`));
    expect([headers.get("age"), headers.get("x-cache")]).toEqual(["42", "HIT"]);
  });

  test.for([
    { maxAgeSeconds: 600, boundSeconds: 60 },
    { maxAgeSeconds: 10, boundSeconds: 10 },
  ])(
    "a policy that was taken away counts elsewhere within $boundSeconds s of $maxAgeSeconds",
    async ({ maxAgeSeconds, boundSeconds }) => {
      const bucket = await publicBucket(maxAgeSeconds);
      const cache = new EdgeCache();
      const there = otherGateway();
      await putObject(bucket, "k", "body");
      expect(await read(cache, `/${bucket}/k`, there)).toBe("body");
      await putPolicy(bucket, LISTABLE);
      expect(await read(cache, `/${bucket}/k`)).toBe("403");
      // Half of the time is not over: nothing is asked yet.
      pass(boundSeconds / 2 - 1);
      expect(await read(cache, `/${bucket}/k`, there)).toBe("body");
      pass(boundSeconds / 2 + 1);
      expect(await read(cache, `/${bucket}/k`, there)).toBe("403");
    },
  );

  test("a busy gateway learns of a change when half of the time is over, and waits for nothing", async () => {
    const bucket = await publicBucket(600);
    const cache = new EdgeCache();
    const there = otherGateway();
    await putObject(bucket, "k", "body");
    await read(cache, `/${bucket}/k`, there);
    await putPolicy(bucket, LISTABLE);
    pass(31);
    expect(await read(cache, `/${bucket}/k`, there)).toBe("body");
    expect(await read(cache, `/${bucket}/k`, there)).toBe("403");
  });

  test("to purge, to turn it off, and to make it shorter, counts elsewhere within a minute", async () => {
    const bucket = await publicBucket(3600);
    const cache = new EdgeCache();
    const there = otherGateway();
    await putObject(bucket, "k", "1");
    await read(cache, `/${bucket}/k`, there);
    await putObject(bucket, "k", "2");
    await purge(bucket);
    expect(await read(cache, `/${bucket}/k`, there)).toBe("1");
    pass(60);
    expect(await read(cache, `/${bucket}/k`, there)).toBe("2");
    await putEdge(bucket, 5);
    pass(60);
    await read(cache, `/${bucket}/k`, there);
    await putObject(bucket, "k", "3");
    pass(5);
    expect(await read(cache, `/${bucket}/k`, there)).toBe("3");
    await expectOk(signedFetch("DELETE", `/_ledge/buckets/${bucket}/edge`), 204);
    await putObject(bucket, "k", "4");
    pass(60);
    expect(await read(cache, `/${bucket}/k`, there)).toBe("4");
    expect(await xCacheOf(cache, publicRequest(`/${bucket}/k`))).toBe(null);
  });

  test("a gateway that remembers a deleted bucket finds out within the minute", async () => {
    const bucket = await publicBucket(3600);
    const cache = new EdgeCache();
    const there = otherGateway();
    await putObject(bucket, "k", "body");
    await read(cache, `/${bucket}/k`, there);
    await expectOk(signedFetch("DELETE", `/${bucket}/k`), 204);
    await expectOk(signedFetch("DELETE", `/${bucket}`), 204);
    pass(31);
    expect(await read(cache, `/${bucket}/k`, there)).toBe("body");
    expect(await read(cache, `/${bucket}/k`, there)).toBe("404");
    pass(60);
    expect(await read(cache, `/${bucket}/k`, there)).toBe("404");
  });

  test("a clock that is put back makes nothing younger", async () => {
    const bucket = await publicBucket(3600);
    const cache = new EdgeCache();
    const there = otherGateway();
    await putObject(bucket, "k", "body");
    await read(cache, `/${bucket}/k`, there);
    await putPolicy(bucket, LISTABLE);
    pass(-120);
    expect(await read(cache, `/${bucket}/k`, there)).toBe("403");
  });
});

/** What was so from a time on. */
interface Since<T> {
  readonly value: T;
  readonly fromMs: number;
}

/** What was so at some time since then. */
function valuesSince<T>(history: readonly Since<T>[], sinceMs: number): ReadonlySet<T> {
  const last = history.findLastIndex(({ fromMs }) => fromMs <= sinceMs);
  return new Set(history.slice(Math.max(last, 0)).map(({ value }) => value));
}

const KEYS = ["a", "b"];

const CAMPAIGN = { timeout: 3_600_000 };

test(
  "at random, nothing is older than it may be, and nobody reads what has long been private",
  CAMPAIGN,
  async () => {
    const sequences = atRandom({ test: 3, campaign: 200 });
    for (let seed = 1; seed <= sequences; seed += 1) {
      const random = seededRandom(seed);
      const maxAgeSeconds = pick(random, [1, 4, 90, 3600]);
      const boundMs = 1000 * Math.min(maxAgeSeconds, 60);
      const bucket = await publicBucket(maxAgeSeconds);
      const cache = new EdgeCache();
      const gateways = [env, otherGateway(), otherGateway()];
      const bodies = new Map(KEYS.map((key) => [key, [{ value: "404", fromMs: 0 }]]));
      const isPublic = [{ value: true, fromMs: 0 }];
      let purgedMs = 0;
      for (let step = 0; step < 40; step += 1) {
        // No two things happen at once, so that the order of their times is theirs.
        pass(0.001);
        const nowMs = Date.now();
        const key = pick(random, KEYS);
        const history = bodies.get(key) ?? [];
        const what = random(100);
        if (what < 15) {
          await putObject(bucket, key, `${step}`);
          history.push({ value: `${step}`, fromMs: nowMs });
        } else if (what < 20) {
          await expectOk(signedFetch("DELETE", `/${bucket}/${key}`), 204);
          history.push({ value: "404", fromMs: nowMs });
        } else if (what < 25) {
          const value = random(10) < 6;
          await putPolicy(bucket, LISTABLE, ...(value ? [READABLE] : []));
          isPublic.push({ value, fromMs: nowMs });
        } else if (what < 28) {
          await purge(bucket);
          purgedMs = nowMs;
        } else if (what < 50) pass(pick(random, [0.5, 1, 3, 29, 31, 61, 1800, 3600]));
        else {
          const gateway = pick(random, gateways);
          const got = await read(cache, `/${bucket}/${key}`, gateway);
          // Who has purged it knows at once, others within the bound.
          const knowsPurge = gateway === env || purgedMs + boundMs <= nowMs;
          const oldestMs = Math.max(nowMs - 1000 * maxAgeSeconds, knowsPurge ? purgedMs : 0);
          const told = { seed, step, maxAgeSeconds, got };
          const mayBe = valuesSince(isPublic, gateway === env ? nowMs : nowMs - boundMs);
          if (got === "403") expect(mayBe, JSON.stringify(told)).toContain(false);
          else {
            // Everybody may list the bucket, and so learn of what there is not.
            if (got !== "404") expect(mayBe, JSON.stringify(told)).toContain(true);
            expect(valuesSince(history, oldestMs), JSON.stringify(told)).toContain(got);
          }
        }
      }
    }
  },
);
