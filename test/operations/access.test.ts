import { describe, expect, test, vi } from "vitest";
import {
  ENDPOINT,
  expectError,
  putObject,
  rawFetch,
  signedFetch,
  uniqueBucket,
} from "../support/client.ts";

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
    const response = await rawFetch(`${ENDPOINT}${path}`, {
      method,
      ...(method === "PUT" && { body: "x" }),
    });
    if (method === "HEAD") expect(response.status).toBe(403);
    else await expectError(response, 403, "AccessDenied");
  });

  test("that ask for bucket after bucket are told to slow down; who signs, or reads, is not", async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 250 && !statuses.includes(503); i += 1)
      statuses.push((await rawFetch(`${ENDPOINT}/no-such-bucket-${i}/key`)).status);
    expect(statuses).toContain(503);
    await expectError(await signedFetch("GET", "/no-such-bucket/key"), 404, "NoSuchBucket");
    expect((await rawFetch(`${ENDPOINT}/${bucket}/key`)).status).toBe(403);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 1000 });
    await expectError(await rawFetch(`${ENDPOINT}/no-such-bucket/key`), 404, "NoSuchBucket");
    vi.useRealTimers();
  });

  test("a bucket that does not exist is NoSuchBucket", async () => {
    await expectError(await rawFetch(`${ENDPOINT}/no-such-bucket/key`), 404, "NoSuchBucket");
  });
});
