import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { anonymously } from "../support/anonymous.ts";
import { putPolicy } from "../support/bucket-policy.ts";
import { elements, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { expectOk, putDocument } from "../support/documents.ts";
import { faultyAnswer, faultyEnv, withMethods } from "../support/faults.ts";

const setAbac = (bucket: string, status: string) =>
  expectOk(putDocument(`/${bucket}`, { abac: "" }, "AbacStatus", `<Status>${status}</Status>`));

const tag = (bucket: string, value: string) =>
  expectOk(
    putDocument(
      `/${bucket}`,
      { tagging: "" },
      "Tagging",
      `<TagSet><Tag><Key>access</Key><Value>${value}</Value></Tag></TagSet>`,
    ),
    204,
  );

const untag = (bucket: string) =>
  expectOk(signedFetch("DELETE", `/${bucket}`, { query: { tagging: "" } }), 204);

/** A bucket that everybody may read while its tag says so. */
async function taggedBucket(key = "s3:BucketTag/access"): Promise<string> {
  const bucket = await uniqueBucket();
  await putObject(bucket, "k", "body");
  const Condition = { StringEquals: { [key]: "open" } };
  await putPolicy(bucket, { Action: "s3:GetObject", on: ["*"], Condition });
  return bucket;
}

/** A gateway that remembers what it has seen. */
const other = faultyEnv({ DIRECTORY: withMethods(env.DIRECTORY, {}) });

async function readers(bucket: string): Promise<number[]> {
  const url = `http://127.0.0.1:8787/${bucket}/k`;
  const here = await anonymously("GET", `/${bucket}/k`);
  const there = await faultyAnswer(other, new Request(url));
  return [here.status, there.status];
}

describe("tags of a bucket", () => {
  test.for(["s3:BucketTag/access", "aws:ResourceTag/access"])(
    "count for %s from when they are to, everywhere",
    async (key) => {
      const bucket = await taggedBucket(key);
      await tag(bucket, "open");
      expect(await readers(bucket)).toEqual([403, 403]);
      await setAbac(bucket, "Enabled");
      expect(await readers(bucket)).toEqual([200, 200]);
      await tag(bucket, "closed");
      expect(await readers(bucket)).toEqual([403, 403]);
      await tag(bucket, "open");
      expect(await readers(bucket)).toEqual([200, 200]);
      await untag(bucket);
      expect(await readers(bucket)).toEqual([403, 403]);
    },
  );

  test("do not count any more when they are not to, whatever they are by then", async () => {
    const bucket = await taggedBucket();
    await setAbac(bucket, "Enabled");
    await tag(bucket, "open");
    await setAbac(bucket, "Disabled");
    expect(await readers(bucket)).toEqual([403, 403]);
    await tag(bucket, "closed");
    await setAbac(bucket, "Enabled");
    expect(await readers(bucket)).toEqual([403, 403]);
    await setAbac(bucket, "Disabled");
    await tag(bucket, "open");
    await setAbac(bucket, "Enabled");
    expect(await readers(bucket)).toEqual([200, 200]);
  });

  test("that are put while they begin to count are the ones that count", async () => {
    for (let round = 0; round < 5; round += 1) {
      const bucket = await taggedBucket();
      await tag(bucket, "closed");
      await Promise.all([setAbac(bucket, "Enabled"), tag(bucket, "open")]);
      expect(await readers(bucket)).toEqual([200, 200]);
      const told = await signedFetch("GET", `/${bucket}`, { query: { tagging: "" } });
      expect(elements(await told.text(), "Value")).toEqual(["open"]);
    }
  });
});
