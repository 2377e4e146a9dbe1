import { describe, expect, test } from "vitest";
import { ENDPOINT, expectError, putObject, rawFetch, uniqueBucket } from "../support/client.ts";

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

  test("a bucket that does not exist is NoSuchBucket", async () => {
    await expectError(await rawFetch(`${ENDPOINT}/no-such-bucket/key`), 404, "NoSuchBucket");
  });
});
