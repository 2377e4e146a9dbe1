import { expect, test } from "vitest";
import { ANONYMOUS_ID, anonymously, putAnonymously } from "../support/anonymous.ts";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { envWithShards, faultyFetch } from "../support/faults.ts";

const query = { acl: "" };

/** Before an ACL reaches the object's shard, something else does, so many times. */
function envWithMeanwhile(meanwhile: () => Promise<unknown>, times: number): Cloudflare.Env {
  let left = times;
  return envWithShards((shard) => ({
    async change(...given: unknown[]) {
      if (left > 0) {
        left -= 1;
        await meanwhile();
      }
      return Reflect.apply(Reflect.get(shard, "change"), shard, given);
    },
  }));
}

async function grantees(path: string): Promise<string[]> {
  const document = await (await signedFetch("GET", path, { query })).text();
  return elements(document, "URI");
}

const headers = { "x-amz-acl": "public-read" };

test("an ACL is put to the object that was looked at, and to another one once that was", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "k", "first");
  const path = `/${bucket}/k`;
  const overwritten = envWithMeanwhile(() => putObject(bucket, "k", "second"), 2);
  const answer = await faultyFetch(overwritten, "PUT", path, { query, headers });
  expect(answer.status).toBe(200);
  expect(await grantees(path)).toHaveLength(1);

  const always = envWithMeanwhile(() => putObject(bucket, "k", "other"), Infinity);
  await expectError(await faultyFetch(always, "PUT", path, { query, headers }), 503, "SlowDown");
  expect(await grantees(path)).toEqual([]);
});

test("an ACL does not reach an object that is a stranger's by then", async () => {
  const bucket = await uniqueBucket();
  const open = { "x-amz-acl": "public-read-write" };
  expect((await signedFetch("PUT", `/${bucket}`, { query, headers: open })).status).toBe(200);
  await putObject(bucket, "k", "mine");
  const taken = envWithMeanwhile(() => putAnonymously(`${bucket}/k`), 1);
  const answer = await faultyFetch(taken, "PUT", `/${bucket}/k`, { query, headers });
  await expectError(answer, 403, "AccessDenied");
  const theirs = await (await anonymously("GET", `/${bucket}/k?acl`)).text();
  expect(elements(theirs, "ID")).toEqual([ANONYMOUS_ID, ANONYMOUS_ID]);
  expect(elements(theirs, "URI")).toEqual([]);
});

test("an ACL is not put while the object's shard is down", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "k", "body");
  const broken = envWithShards(() => ({
    change: () => Promise.reject(new Error("the shard is down")),
  }));
  const answer = await faultyFetch(broken, "PUT", `/${bucket}/k`, { query, headers });
  await expectError(answer, 500, "InternalError");
  expect(await grantees(`/${bucket}/k`)).toEqual([]);
});
