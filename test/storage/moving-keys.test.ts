import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { PAUSE } from "../../src/storage/clients/key-pauses.ts";
import { shardOfKey } from "../../src/storage/wire/slots.ts";
import { recordOf } from "../support/bucket-record.ts";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { blobsIn } from "../support/faults.ts";
import { beginToGrow } from "../support/growth.ts";
import { crash } from "../support/shard-death.ts";
import { SHARDS, startClock } from "../support/shards.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function movingKey(salt: string): string {
  for (let i = 0; ; i += 1) {
    const key = `${salt}-${i}`;
    if (shardOfKey(key, SHARDS) === 0 && shardOfKey(key, 2 * SHARDS) === SHARDS) return key;
  }
}

/** A bucket of which one key that it has is on its way to another shard, which does not answer. */
async function stuckBucket(key: string): Promise<string> {
  startClock();
  const name = await uniqueBucket();
  await putObject(name, key, "old");
  const { id } = await beginToGrow(await recordOf(name), 2 * SHARDS);
  await runInDurableObject(env.BUCKET_INDEX.getByName(`${id}/0`), (_, { storage }) => {
    storage.sql.exec("UPDATE growth SET under_way_up_to = ?", key);
  });
  await crash(`${id}/0`);
  return name;
}

describe("a key that is on its way to a shard that does not answer", () => {
  const KEY = movingKey("key");
  const WRITES = {
    "a small object": (path: string) => signedFetch("PUT", path, { body: "new" }),
    "a blob": (path: string) => signedFetch("PUT", path, { body: "new".repeat(10_000) }),
    "a delete": (path: string) => signedFetch("DELETE", path),
    "an upload": (path: string) => signedFetch("POST", path, { query: { uploads: "" } }),
    tags: (path: string) =>
      signedFetch("PUT", path, {
        query: { tagging: "" },
        body: "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>",
      }),
    "a rename": (path: string) =>
      signedFetch("PUT", `${path.slice(0, path.lastIndexOf("/"))}/${movingKey("other")}`, {
        query: { renameObject: "" },
        headers: { "x-amz-rename-source": KEY },
      }),
  };

  test.for(Object.entries(WRITES))(
    "is SlowDown after five seconds to who writes to it, and as it was: %s",
    async ([, write]) => {
      const name = await stuckBucket(KEY);
      const pauses: number[] = [];
      vi.spyOn(PAUSE, "for").mockImplementation(async (ms) => void pauses.push(ms));
      await expectError(await write(`/${name}/${KEY}`), 503, "SlowDown");
      const waitedMs = pauses.reduce((sum, ms) => sum + ms, 0);
      expect(waitedMs).toBeGreaterThan(4000);
      expect(waitedMs).toBeLessThan(6000);
      expect(await (await signedFetch("GET", `/${name}/${KEY}`)).text()).toBe("old");
      expect(await blobsIn(name)).toEqual([]);
    },
  );

  test("is SlowDown to a batch of deletes, and other keys are deleted", async () => {
    const name = await stuckBucket(KEY);
    await putObject(name, "z", "other");
    vi.spyOn(PAUSE, "for").mockResolvedValue();
    const objects = ["z", KEY].map((key) => `<Object><Key>${key}</Key></Object>`);
    const body = `<Delete>${objects.join("")}</Delete>`;
    const answer = await signedFetch("POST", `/${name}`, { query: { delete: "" }, body });
    const document = await answer.text();
    expect(elements(document, "Code")).toEqual(["SlowDown"]);
    expect(document).toContain("<Deleted><Key>z</Key>");
  });

  test("is waited for by the clock, when timers are late", async () => {
    const name = await stuckBucket(KEY);
    let nowMs = performance.now();
    vi.spyOn(performance, "now").mockImplementation(() => nowMs);
    const pauses = vi.spyOn(PAUSE, "for").mockImplementation(async () => void (nowMs += 2000));
    await expectError(
      await signedFetch("PUT", `/${name}/${KEY}`, { body: "new" }),
      503,
      "SlowDown",
    );
    expect(pauses).toHaveBeenCalledTimes(3);
  });
});
