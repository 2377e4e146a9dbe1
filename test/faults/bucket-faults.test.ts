import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { deleteBucketIfEmpty } from "../../src/domain/delete-bucket.ts";
import { bucketDirectoryClient } from "../../src/storage/clients/bucket-directory-client.ts";
import type { BucketRecord } from "../../src/storage/ports/bucket-directory.ts";
import { expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import {
  advanceClock,
  blobsOf,
  bucketIdOf,
  faultyFetch,
  runAlarms,
  withMethods,
} from "../support/faults.ts";
import { freshRecord, indexOf, recordOf } from "../support/bucket-record.ts";

const DAY_MS = 86_400_000;

afterEach(() => {
  vi.useRealTimers();
});

const directory = bucketDirectoryClient(env.DIRECTORY);

/** The bucket as another gateway sees it, past everything that this one remembers. */
async function elsewhere(name: string) {
  const record = await recordOf(name);
  return { record, index: indexOf(record) };
}

describe("a delete whose gateway died after it had sealed the shards", () => {
  async function sealed() {
    const bucket = await uniqueBucket();
    const { record, index } = await elsewhere(bucket);
    const token = (await directory.beginDelete(record.id)) ?? "";
    expect(await index.sealIfEmpty(token)).toBe(true);
    return { bucket, record, token };
  }

  test("is waited for while it may still be under way", async () => {
    const { bucket } = await sealed();
    await expectError(
      await signedFetch("PUT", `/${bucket}/k`, { body: "x" }),
      409,
      "OperationAborted",
    );
    await expectError(await signedFetch("DELETE", `/${bucket}`), 409, "OperationAborted");
  });

  test("is undone by the next request after that, and cannot be finished any more", async () => {
    const { bucket, record, token } = await sealed();
    advanceClock(31_000);
    await Promise.all(Array.from({ length: 10 }, (_, i) => putObject(bucket, `k${i}`, "x")));
    expect(await directory.finishDelete(record.id, token)).toBe(false);
    expect((await signedFetch("HEAD", `/${bucket}/k1`)).status).toBe(200);
  });

  test("can be repeated", async () => {
    const { bucket } = await sealed();
    advanceClock(31_000);
    expect((await signedFetch("DELETE", `/${bucket}`)).status).toBe(204);
  });
});

test("of two deletes at once one succeeds, and the bucket is gone", async () => {
  const bucket = await uniqueBucket();
  const answers = await Promise.all([1, 2, 3].map(() => signedFetch("DELETE", `/${bucket}`)));
  expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
  expect((await signedFetch("HEAD", `/${bucket}`)).status).toBe(404);
});

/** Another gateway makes a bucket of this name. */
async function makeElsewhere(name: string): Promise<BucketRecord> {
  const { ownerId } = await recordOf(await uniqueBucket());
  const made = { ...freshRecord(crypto.randomUUID(), name), ownerId };
  await directory.create(made, []);
  return made;
}

describe("a bucket that another gateway deleted while this one remembers it", () => {
  async function deletedElsewhere(): Promise<BucketRecord> {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", "first life");
    await signedFetch("DELETE", `/${bucket}/k`);
    const { record, index } = await elsewhere(bucket);
    await deleteBucketIfEmpty(directory, record, index);
    return record;
  }

  test.for([
    { method: "GET", path: "/k" },
    { method: "PUT", path: "/k", body: "x" },
    { method: "PUT", path: "/k", body: "b".repeat(20_000) },
    { method: "DELETE", path: "/k" },
    { method: "GET", path: "" },
  ])("is NoSuchBucket for $method $path", async ({ method, path, body }) => {
    const { name, id } = await deletedElsewhere();
    const response = await signedFetch(
      method,
      `/${name}${path}`,
      body === undefined ? {} : { body },
    );
    await expectError(response, 404, "NoSuchBucket");
    expect(await blobsOf(id)).toEqual([]);
  });

  test("and made again: reads see the new bucket at once, writes with the second try", async () => {
    const { name: bucket } = await deletedElsewhere();
    const made = await makeElsewhere(bucket);
    await expectError(await signedFetch("GET", `/${bucket}/k`), 404, "NoSuchKey");
    await putObject(bucket, "k", "b".repeat(20_000));
    expect(await blobsOf(made.id)).toHaveLength(1);
  });

  test("and made again: a write that comes first is asked to come again, and works then", async () => {
    const { name: bucket } = await deletedElsewhere();
    await makeElsewhere(bucket);
    await expectError(await signedFetch("PUT", `/${bucket}/k`, { body: "x" }), 503, "SlowDown");
    await putObject(bucket, "k", "x");
  });
});

test("an orphan that an upload leaves after its bucket is gone is deleted, too", async () => {
  const bucket = await uniqueBucket();
  const id = await bucketIdOf(bucket);
  expect((await signedFetch("DELETE", `/${bucket}`)).status).toBe(204);
  advanceClock(2 * DAY_MS);
  await runAlarms(id);
  await env.BLOBS.put(`${id}/0/00000000000000000000000000`, "orphan");
  advanceClock(2 * DAY_MS);
  await runAlarms(id);
  expect(await blobsOf(id)).toEqual([]);
});

test("two servers of one process that have a bucket of the same name each keep to their own", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "k", "of the first");
  const other = {
    ...env,
    DIRECTORY: withMethods(env.DIRECTORY, {
      getByName: () => env.DIRECTORY.getByName("the other's directory"),
    }),
  };
  // As the local server, without the copies in KV.
  Reflect.deleteProperty(other, "IDENTITIES");
  await expectError(await faultyFetch(other, "GET", `/${bucket}/k`), 404, "NoSuchBucket");
  expect((await faultyFetch(other, "PUT", `/${bucket}`)).status).toBe(200);
  await expectError(await faultyFetch(other, "GET", `/${bucket}/k`), 404, "NoSuchKey");
  const first = await signedFetch("GET", `/${bucket}/k`);
  expect(await first.text()).toBe("of the first");
});
