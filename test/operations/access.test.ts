import { describe, expect, test, vi } from "vitest";
import { anonymously, expectDenied } from "../support/anonymous.ts";
import { expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";

const bucket = await uniqueBucket();
await putObject(bucket, "key", "text");

describe("anonymous callers", () => {
  test.for([
    ["GET", "/"],
    ["PUT", "/new-bucket"],
    ["GET", `/${bucket}`],
    ["HEAD", `/${bucket}`],
    ["DELETE", `/${bucket}`],
    ["PUT", `/${bucket}/key`],
    ["GET", `/${bucket}/key`],
    ["GET", `/${bucket}/missing`],
    ["HEAD", `/${bucket}/key`],
    ["DELETE", `/${bucket}/key`],
    ["POST", `/${bucket}/key?uploads`],
    ["GET", `/${bucket}?tagging`],
  ] as const)("%s %s is AccessDenied", async ([method, path]) => {
    if (method === "HEAD") expect((await anonymously(method, path)).status).toBe(403);
    else await expectDenied(method, path, method === "PUT" ? { body: "x" } : {});
  });

  test("that ask for bucket after bucket are told to slow down; who signs, or reads, is not", async () => {
    // So many in a second, however long they take here.
    vi.useFakeTimers({ toFake: ["Date"] });
    const statuses: number[] = [];
    for (let i = 0; i < 250 && !statuses.includes(503); i += 1)
      statuses.push((await anonymously("GET", `/no-such-bucket-${i}/key`)).status);
    expect(statuses).toContain(503);
    await expectError(await signedFetch("GET", "/no-such-bucket/key"), 404, "NoSuchBucket");
    expect((await anonymously("GET", `/${bucket}/key`)).status).toBe(403);
    vi.setSystemTime(Date.now() + 1000);
    await expectError(await anonymously("GET", "/no-such-bucket/key"), 404, "NoSuchBucket");
    vi.useRealTimers();
  });

  test("a bucket that does not exist is NoSuchBucket", async () => {
    await expectError(await anonymously("GET", "/no-such-bucket/key"), 404, "NoSuchBucket");
  });
});
