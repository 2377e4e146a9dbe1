import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { deleteBucketIfEmpty } from "../../src/domain/delete-bucket.ts";
import { bucketDirectoryClient } from "../../src/storage/clients/bucket-directory-client.ts";
import { encodeKey, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import {
  deleteObject,
  envWithRace,
  makePlace,
  PLACES,
  settle,
  SOURCE,
} from "../support/copy-places.ts";
import { copied, copy, readObject } from "../support/copy.ts";
import { indexOf } from "../support/multipart-object.ts";
import {
  advanceClock,
  blobsOf,
  bucketIdOf,
  envWithFailing,
  faultyFetch,
  runAlarms,
} from "../support/faults.ts";

const HOUR_MS = 3_600_000;
const BLOB = "b".repeat(20_000);
const OTHER_BLOB = "o".repeat(20_000);

afterEach(() => {
  vi.useRealTimers();
});

function faultyCopy(faulty: Cloudflare.Env, source: string, target: string): Promise<Response> {
  const headers = { "x-amz-copy-source": source };
  return faultyFetch(faulty, "PUT", `/${encodeKey(target)}`, { headers });
}

/** The blobs of all these buckets. */
async function blobsIn(bucketIds: readonly string[]): Promise<string[]> {
  return (await Promise.all(bucketIds.map(blobsOf))).flat();
}

describe.for(PLACES)("a copy in %s", (place) => {
  test("keeps its bytes when the source goes, and they go with it", async () => {
    const { source, target, from, ids } = await makePlace(place);
    await putObject(from, SOURCE, BLOB);
    await copied(source, target);
    await deleteObject(source);
    await settle(ids);
    expect(await readObject(target)).toBe(BLOB);
    await deleteObject(target);
    await settle(ids);
    expect(await blobsIn(ids)).toEqual([]);
  });

  test("leaves the bytes to the source when it goes first", async () => {
    const { source, target, from, ids } = await makePlace(place);
    await putObject(from, SOURCE, BLOB);
    await copied(source, target);
    await deleteObject(target);
    await settle(ids);
    expect(await readObject(source)).toBe(BLOB);
    await deleteObject(source);
    await settle(ids);
    expect(await blobsIn(ids)).toEqual([]);
  });

  test("that is overwritten gives the bytes back", async () => {
    const { source, target, from, ids } = await makePlace(place);
    await putObject(from, SOURCE, BLOB);
    await copied(source, target);
    await putObject(from, "other", OTHER_BLOB);
    await copied(`${from}/other`, target);
    await deleteObject(source);
    await deleteObject(`${from}/other`);
    await settle(ids);
    expect(await readObject(target)).toBe(OTHER_BLOB);
    expect(await blobsIn(ids)).toHaveLength(1);
  });

  test("that was not committed is not there, and holds nothing for ever", async () => {
    const { source, target, from, ids } = await makePlace(place);
    await putObject(from, SOURCE, BLOB);
    const response = await faultyCopy(envWithFailing("commit", "before"), source, target);
    await expectError(response, 500, "InternalError");
    expect((await signedFetch("HEAD", `/${encodeKey(target)}`)).status).toBe(404);
    await deleteObject(source);
    await settle(ids);
    expect(await blobsIn(ids)).toEqual([]);
  });

  test("that was committed although the index failed is whole, whatever is cleaned up", async () => {
    const { source, target, from, ids } = await makePlace(place);
    await putObject(from, SOURCE, BLOB);
    const response = await faultyCopy(envWithFailing("commit", "after"), source, target);
    await expectError(response, 500, "InternalError");
    await deleteObject(source);
    await settle(ids);
    expect(await readObject(target)).toBe(BLOB);
  });

  test("that is refused holds nothing", async () => {
    const { source, target, from, to, key, ids } = await makePlace(place);
    await putObject(from, SOURCE, BLOB);
    await putObject(to, key, "taken");
    const refused = await copy(source, target, { "if-none-match": "*" });
    await expectError(refused, 412, "PreconditionFailed");
    await deleteObject(source);
    // Not a day: a hold that is left behind would be found only then.
    advanceClock(HOUR_MS);
    await Promise.all(ids.map(runAlarms));
    expect(await blobsIn(ids)).toEqual([]);
  });

  test("of a source that is overwritten meanwhile is one of the two, and whole", async () => {
    const { source, target, from, ids } = await makePlace(place);
    await putObject(from, SOURCE, BLOB);
    let races = 0;
    const racing = envWithRace(async () => {
      races += 1;
      if (races === 1) await putObject(from, SOURCE, OTHER_BLOB);
    });
    expect((await faultyCopy(racing, source, target)).status).toBe(200);
    expect(races).toBe(2);
    await deleteObject(source);
    await settle(ids);
    expect(await readObject(target)).toBe(OTHER_BLOB);
  });

  test("of a source that is deleted meanwhile is not made", async () => {
    const { source, target, from } = await makePlace(place);
    await putObject(from, SOURCE, BLOB);
    const racing = envWithRace(() => signedFetch("DELETE", `/${encodeKey(source)}`));
    await expectError(await faultyCopy(racing, source, target), 404, "NoSuchKey");
    expect((await signedFetch("HEAD", `/${encodeKey(target)}`)).status).toBe(404);
  });

  test("of a source that changes all the time is to be asked for again", async () => {
    const { source, target, from } = await makePlace(place);
    await putObject(from, SOURCE, BLOB);
    const racing = envWithRace(() => putObject(from, SOURCE, BLOB));
    await expectError(await faultyCopy(racing, source, target), 503, "SlowDown");
  });
});

test("inline bytes are copied as they were read", async () => {
  const { source, target, from } = await makePlace("another bucket");
  await putObject(from, SOURCE, "old");
  const racing = envWithRace(() => putObject(from, SOURCE, "new"));
  expect((await faultyCopy(racing, source, target)).status).toBe(200);
  expect(await readObject(target)).toBe("old");
});

test("a copy outlives the bucket of its source", async () => {
  const { source, target, from, ids } = await makePlace("another bucket");
  await putObject(from, SOURCE, BLOB);
  await copied(source, target);
  await deleteObject(source);
  expect((await signedFetch("DELETE", `/${from}`)).status).toBe(204);
  await settle(ids);
  expect(await readObject(target)).toBe(BLOB);
  const third = await uniqueBucket();
  await copied(target, `${third}/k`);
  await deleteObject(target);
  await settle([...ids, await bucketIdOf(third)]);
  expect(await readObject(`${third}/k`)).toBe(BLOB);
  await deleteObject(`${third}/k`);
  await settle([...ids, await bucketIdOf(third)]);
  expect(await blobsIn(ids)).toEqual([]);
});

test("a source's bucket that was deleted and made anew elsewhere is looked up once more", async () => {
  const { source, target, from } = await makePlace("another bucket");
  await putObject(from, SOURCE, BLOB);
  await deleteObject(source);
  const directory = bucketDirectoryClient(env.DIRECTORY);
  const record = await directory.find(from);
  if (record === undefined) throw new Error("no bucket");
  await deleteBucketIfEmpty(directory, record, await indexOf(from));
  await expectError(await copy(source, target), 404, "NoSuchBucket");

  const successor = { ...record, id: crypto.randomUUID() };
  await directory.create(successor, []);
  const index = await indexOf(from);
  await expectError(await copy(source, target), 404, "NoSuchKey");
  await index.configure();
  await putObject(from, SOURCE, OTHER_BLOB);
  await copied(source, target);
  expect(await readObject(target)).toBe(OTHER_BLOB);
});
