import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  append,
  APPEND_PLACES,
  type AppendPlace,
  deleteBucket,
  makeAppendPlace,
} from "../support/append-places.ts";
import { expectError, signedFetch, uniqueBucket } from "../support/client.ts";
import { deleteObject, envWithRace, settle } from "../support/copy-places.ts";
import { readObject } from "../support/copy.ts";
import {
  advanceClock,
  blobsOf,
  bucketIdOf,
  envWithFailing,
  faultyEnv,
  faultyFetch,
  runAlarms,
  withMethods,
} from "../support/faults.ts";
import { doomedEnv, failuresOf } from "../support/gateway-death.ts";
import { audit, leftovers } from "../support/shard-census.ts";

const DAY_MS = 86_400_000;
const PUT_FAILED = "put: We encountered an internal error (10001)";

afterEach(() => {
  vi.useRealTimers();
});

async function blobsIn({ ids }: AppendPlace): Promise<string[]> {
  return (await Promise.all(ids.map(blobsOf))).flat();
}

/** Lets everything be cleaned up, and expects that nothing was lost and nothing is left behind. */
async function expectSound({ ids, buckets }: AppendPlace): Promise<void> {
  await settle(ids);
  expect(await audit(buckets)).toEqual([]);
}

/** A blob store that fails from the write of this number on, counted from 0. */
function envWithFailingPuts(from: number): Cloudflare.Env {
  let puts = 0;
  const put = (...given: unknown[]): Promise<unknown> => {
    puts += 1;
    if (puts > from) return Promise.reject(new Error(PUT_FAILED));
    return Reflect.apply(env.BLOBS.put.bind(env.BLOBS), undefined, given) as Promise<unknown>;
  };
  return faultyEnv({ BLOBS: withMethods<object>(env.BLOBS, { put }) as R2Bucket });
}

describe.for(APPEND_PLACES)("an append to %s", (name) => {
  test("that was not committed leaves the object as it was, and nothing behind", async () => {
    const place = await makeAppendPlace(name);
    const { path, before, tail } = place;
    const faulty = envWithFailing("append", "before");
    const response = await append(faulty, path, before.length, tail);
    const document = await expectError(response, 500, "InternalError");
    expect(document).not.toContain("secret detail");
    await expectSound(place);
    expect(await readObject(path)).toBe(before);
  });

  test("that was committed although the index failed is whole, through every sweep", async () => {
    const place = await makeAppendPlace(name);
    const { path, before, tail } = place;
    const faulty = envWithFailing("append", "after");
    await expectError(await append(faulty, path, before.length, tail), 500, "InternalError");
    await expectSound(place);
    expect(await readObject(path)).toBe(before + tail);
    // Whoever repeats it appends nothing twice.
    const again = await append(env, path, before.length, tail);
    await expectError(again, 400, "InvalidWriteOffset");
  });

  test("that is refused deletes its blobs at once", async () => {
    const place = await makeAppendPlace(name);
    const { path, before, tail } = place;
    const blobs = await blobsIn(place);
    const refused = await append(env, path, before.length, tail, { "if-match": '"0"' });
    await expectError(refused, 412, "PreconditionFailed");
    expect(await blobsIn(place)).toEqual(blobs);
    expect(await readObject(path)).toBe(before);
  });

  test("that the sweep has overtaken is refused: its blobs may be gone", async () => {
    const place = await makeAppendPlace(name);
    const { path, before, tail, ids } = place;
    const put = async (...given: unknown[]) => {
      const written: unknown = await Reflect.apply(env.BLOBS.put.bind(env.BLOBS), undefined, given);
      advanceClock(2 * DAY_MS);
      await Promise.all(ids.map(runAlarms));
      return written;
    };
    const slow = faultyEnv({ BLOBS: withMethods<object>(env.BLOBS, { put }) as R2Bucket });
    const response = await append(slow, path, before.length, tail);
    const isInline = name === "inline bytes that stay inline";
    if (isInline) expect(response.status).toBe(200);
    else await expectError(response, 400, "RequestTimeout");
    expect(await readObject(path)).toBe(isInline ? before + tail : before);
    await expectSound(place);
  });

  test("whose gateway dies at any call has happened as a whole or not at all", async () => {
    let isOver = false;
    for (let at = 0; !isOver; at += 1) {
      for (const failure of failuresOf(at)) {
        const place = await makeAppendPlace(name);
        const { path, before, tail } = place;
        const doomed = doomedEnv({ at, failure, isDeath: true });
        const { ok } = await append(doomed.env, path, before.length, tail);
        isOver = ok;
        for (const call of doomed.late) await call();
        await expectSound(place);
        expect([before, before + tail]).toContain(await readObject(path));
      }
    }
  });

  test("lets who began to read before it have what there was", async () => {
    const place = await makeAppendPlace(name);
    const { path, before, tail } = place;
    const racing = envWithRace(() => append(env, path, before.length, tail));
    const response = await faultyFetch(racing, "GET", `/${path}`);
    expect(await response.text()).toBe(before);
    await expectSound(place);
    expect(await readObject(path)).toBe(before + tail);
  });

  test("wins as one of many at the same place, and the others leave nothing", async () => {
    const place = await makeAppendPlace(name);
    const { path, before, tail } = place;
    const tails = ["1", "2", "3", "4"].map((digit) => digit.repeat(tail.length));
    // Each has read the object before any has been committed.
    const arrived = Promise.withResolvers<void>();
    let readers = 0;
    const together = envWithRace(() => {
      readers += 1;
      if (readers === tails.length) arrived.resolve();
      return arrived.promise;
    });
    const answers = await Promise.all(
      tails.map((text) => append(together, path, before.length, text)),
    );
    const winners = tails.filter((_, i) => answers[i]?.ok);
    expect(winners).toHaveLength(1);
    for (const answer of answers.filter(({ ok }) => !ok))
      await expectError(answer, 400, "InvalidWriteOffset");
    await expectSound(place);
    expect(await readObject(path)).toBe(before + (winners[0] ?? ""));
  });
});

describe("when the blob store fails an append", () => {
  test.for(APPEND_PLACES.filter((name) => name !== "inline bytes that stay inline"))(
    "to %s, the object stays, and no blob is left",
    async (name) => {
      const place = await makeAppendPlace(name);
      const { path, before, tail } = place;
      const blobs = await blobsIn(place);
      const response = await append(envWithFailingPuts(0), path, before.length, tail);
      expect(await expectError(response, 500, "InternalError")).not.toContain("10001");
      expect(await readObject(path)).toBe(before);
      expect(await blobsIn(place)).toEqual(blobs);
    },
  );

  test("small bytes, which need no blob, are appended to small ones", async () => {
    const { path, before, tail } = await makeAppendPlace("inline bytes that stay inline");
    expect((await append(envWithFailingPuts(0), path, before.length, tail)).status).toBe(200);
  });

  test("an append whose inline head could not be stored leaves no tail behind", async () => {
    const place = await makeAppendPlace("inline bytes that get too long");
    const { path, before, tail } = place;
    const response = await append(envWithFailingPuts(1), path, before.length, tail);
    await expectError(response, 500, "InternalError");
    expect(await readObject(path)).toBe(before);
    expect(await blobsIn(place)).toEqual([]);
  });
});

test("an append to an object that is replaced by one of the same size is OperationAborted", async () => {
  const place = await makeAppendPlace("a blob");
  const { path, before, tail } = place;
  const other = "o".repeat(before.length);
  const racing = envWithRace(() => signedFetch("PUT", `/${path}`, { body: other }));
  await expectError(await append(racing, path, before.length, tail), 409, "OperationAborted");
  expect(await readObject(path)).toBe(other);
  await expectSound(place);
});

describe.for(["a blob of another bucket", "segments of another bucket"])(
  "a copy of %s that is appended to",
  (name) => {
    test("outlives its source and the source's bucket", async () => {
      const place = await makeAppendPlace(name);
      const { path, source = "", before, tail, ids } = place;
      expect((await append(env, path, before.length, tail)).status).toBe(200);
      await deleteObject(source);
      await deleteBucket(source.split("/")[0] ?? "");
      await settle(ids);
      expect(await readObject(path)).toBe(before + tail);
      expect((await append(env, path, before.length + tail.length, tail)).status).toBe(200);
      expect(await readObject(path)).toBe(before + tail + tail);
      await deleteObject(path);
      await settle(ids);
      expect(await leftovers(place.buckets)).toEqual([]);
    });

    test("leaves to its source what the source is, and is not what the source becomes", async () => {
      const place = await makeAppendPlace(name);
      const { path, source = "", before, tail } = place;
      expect((await append(env, path, before.length, tail)).status).toBe(200);
      expect((await append(env, source, before.length, "other")).status).toBe(200);
      await expectSound(place);
      expect(await readObject(path)).toBe(before + tail);
      expect(await readObject(source)).toBe(`${before}other`);
      await deleteObject(path);
      await expectSound(place);
      expect(await readObject(source)).toBe(`${before}other`);
    });
  },
);

describe.for(["a blob", "a list of segments"])("a hold on %s whose copy's gateway died", (name) => {
  test("does not stop appends, and is not kept for ever", async () => {
    const place = await makeAppendPlace(name);
    const { path, before, tail, ids } = place;
    const elsewhere = await uniqueBucket();
    const headers = { "x-amz-copy-source": path };
    const dead = envWithFailing("commit", "before");
    const copy = await faultyFetch(dead, "PUT", `/${elsewhere}/copy`, { headers });
    await expectError(copy, 500, "InternalError");
    expect((await append(env, path, before.length, tail)).status).toBe(200);
    await settle([...ids, await bucketIdOf(elsewhere)]);
    expect(await audit(place.buckets)).toEqual([]);
    expect(await readObject(path)).toBe(before + tail);
    await deleteObject(path);
    await settle([...ids, await bucketIdOf(elsewhere)]);
    expect(await leftovers(place.buckets)).toEqual([]);
  });
});

test.for(["a blob", "a list of segments"])(
  "a copy that had read %s before an append has what there was, and outlives the object",
  async (name) => {
    const { path, before, tail, ids } = await makeAppendPlace(name);
    const elsewhere = await uniqueBucket();
    const racing = envWithRace(() => append(env, path, before.length, tail));
    const headers = { "x-amz-copy-source": path };
    const copy = await faultyFetch(racing, "PUT", `/${elsewhere}/copy`, { headers });
    expect(copy.status).toBe(200);
    expect(await readObject(path)).toBe(before + tail);
    await deleteObject(path);
    await settle([...ids, await bucketIdOf(elsewhere)]);
    expect(await readObject(`${elsewhere}/copy`)).toBe(before);
  },
);
