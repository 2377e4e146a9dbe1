import { expect, test } from "vitest";
import { emptyResponse, xmlResponse } from "../../../src/protocol/respond.ts";

test("a document has its declaration, S3's namespace and its type", async () => {
  const response = xmlResponse("ListBucketResult", [["Name", "b&c"]]);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/xml");
  expect(await response.text()).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
      '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b&amp;c</Name></ListBucketResult>',
  );
});

test("status and headers are the caller's", () => {
  const response = xmlResponse("PostResponse", [], { status: 201, headers: { ETag: '"a"' } });
  expect([response.status, response.headers.get("etag")]).toEqual([201, '"a"']);
});

test("an empty answer has no body", () => {
  const response = emptyResponse(204, { "x-amz-version-id": "v" });
  expect([response.status, response.body, response.headers.get("x-amz-version-id")]).toEqual([
    204,
    null,
    "v",
  ]);
});
