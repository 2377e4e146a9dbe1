import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { recordOf } from "../support/bucket-record.ts";
import { signedFetch, uniqueBucket } from "../support/client.ts";
import { growUp } from "../support/growth.ts";
import { startClock } from "../support/shards.ts";

const SHARDS = Number(env.INDEX_SHARDS);

let bucket: string;

beforeEach(async () => {
  startClock();
  bucket = await uniqueBucket();
});

afterEach(() => {
  vi.useRealTimers();
});

async function grow(body: string, name = bucket): Promise<{ status: number; answer: unknown }> {
  const response = await signedFetch("POST", `/_ledge/buckets/${name}/grow`, { body });
  return answerOf(response);
}

async function progress(name = bucket): Promise<{ status: number; answer: unknown }> {
  return answerOf(await signedFetch("GET", `/_ledge/buckets/${name}/grow`));
}

async function answerOf(response: Response): Promise<{ status: number; answer: unknown }> {
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  return {
    status: response.status,
    answer: isJson ? JSON.parse(text) : /<Code>(\w+)<\/Code>/.exec(text)?.[1],
  };
}

const moves = (isDone: boolean, movedKeys = 0) =>
  Array.from({ length: SHARDS }, (_, shard) => ({ shard, isDone, movedKeys }));

describe("GrowBucket", () => {
  test("tells how far it is, and how many shards there are in the end", async () => {
    expect(await progress()).toEqual({ status: 200, answer: { shards: SHARDS } });
    const growing = { shards: SHARDS, growingTo: 2 * SHARDS, moves: moves(false) };
    const wish = JSON.stringify({ shards: 2 * SHARDS });
    expect(await grow(wish)).toEqual({ status: 200, answer: growing });
    expect(await grow(wish)).toEqual({ status: 200, answer: growing });
    expect(await progress()).toEqual({ status: 200, answer: growing });
    await growUp(await recordOf(bucket));
    const grown = { status: 200, answer: { shards: 2 * SHARDS } };
    expect(await progress()).toEqual(grown);
    expect(await grow(wish)).toEqual(grown);
  });

  test.for([
    "",
    "{}",
    "null",
    "2",
    '{"shards":0}',
    '{"shards":3}',
    '{"shards":-2}',
    '{"shards":2.5}',
    '{"shards":512}',
    '{"shards":"2"}',
    '{"shards":1e309}',
    '{"shards":16,"now":true}',
    '{"shards":16,"shards":16}',
  ])("refuses %s", async (body) => {
    expect(await grow(body)).toEqual({ status: 400, answer: "InvalidRequest" });
    expect(await progress()).toEqual({ status: 200, answer: { shards: SHARDS } });
  });

  test("never takes shards away, and grows to one number at a time", async () => {
    await grow(JSON.stringify({ shards: 4 * SHARDS }));
    expect(await grow(JSON.stringify({ shards: 8 * SHARDS }))).toEqual({
      status: 409,
      answer: "OperationAborted",
    });
    await growUp(await recordOf(bucket));
    expect(await grow(JSON.stringify({ shards: SHARDS }))).toEqual({
      status: 400,
      answer: "InvalidRequest",
    });
  });

  test("of two buckets at once, each gets what it was to get", async () => {
    const other = await uniqueBucket();
    await Promise.all([grow(`{"shards":${2 * SHARDS}}`), grow(`{"shards":${4 * SHARDS}}`, other)]);
    expect(await growUp(await recordOf(bucket))).toMatchObject({ shardCount: 2 * SHARDS });
    expect(await growUp(await recordOf(other))).toMatchObject({ shardCount: 4 * SHARDS });
  });

  test("knows no bucket that there is not, and no other method, as with all that is below /_ledge/", async () => {
    expect(await grow('{"shards":2}', "no-such-bucket")).toMatchObject({ status: 404 });
    expect(await progress("no-such-bucket")).toMatchObject({ status: 404 });
    const response = await signedFetch("DELETE", `/_ledge/buckets/${bucket}/grow`);
    expect(response.status).toBe(404);
    await response.body?.cancel();
  });
});

describe("DeleteBucket", () => {
  const deleted = async (): Promise<number> => {
    const response = await signedFetch("DELETE", `/${bucket}`);
    await response.body?.cancel();
    return response.status;
  };

  test("waits until the bucket has grown, and then deletes all that it has become", async () => {
    await grow(JSON.stringify({ shards: 2 * SHARDS }));
    expect(await deleted()).toBe(409);
    await growUp(await recordOf(bucket));
    // This isolate remembers the bucket as it was while it grew.
    expect([204, 409]).toContain(await deleted());
    expect([204, 404]).toContain(await deleted());
    expect((await progress()).status).toBe(404);
  });

  test("does not delete what only the new shards have", async () => {
    await grow(JSON.stringify({ shards: 8 * SHARDS }));
    await growUp(await recordOf(bucket));
    for (let i = 0; i < 20; i += 1)
      await (await signedFetch("PUT", `/${bucket}/key-${i}`, { body: "x" })).body?.cancel();
    expect(await deleted()).toBe(409);
    expect(await deleted()).toBe(409);
  });
});
