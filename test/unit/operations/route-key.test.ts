import { describe, expect, test } from "vitest";
import { type Level, routeKey } from "../../../src/operations/route-key.ts";
import { S3Error } from "../../../src/protocol/errors.ts";

function keyOf(method: string, level: Level, query = "", headers: Record<string, string> = {}) {
  return routeKey(method, level, new URLSearchParams(query), new Headers(headers));
}

function errorOf(run: () => unknown): S3Error {
  try {
    run();
  } catch (error) {
    if (error instanceof S3Error) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const COPY = { "x-amz-copy-source": "/bucket/key" };

describe("the key of a request", () => {
  test.for<[key: string, method: string, level: Level, query?: string, headers?: typeof COPY]>([
    ["GET service", "GET", "service"],
    ["GET service", "GET", "service", "x-id=ListBuckets"],
    ["GET bucket", "GET", "bucket", "prefix=acl&delimiter=%2F"],
    ["GET bucket", "GET", "bucket", "list-type=1"],
    ["GET bucket", "GET", "bucket", "list-type=0"],
    ["GET bucket", "GET", "bucket", "list-type=bogus"],
    ["GET bucket", "GET", "bucket", "list-type="],
    ["GET bucket?list-type=2", "GET", "bucket", "list-type=2&prefix=a"],
    ["GET bucket?versions", "GET", "bucket", "list-type=2&versions"],
    ["GET bucket", "GET", "bucket", "ACL"],
    ["GET bucket?cors", "GET", "bucket", "cors="],
    ["GET bucket?cors", "GET", "bucket", "cors&cors"],
    ["PUT bucket?cors", "PUT", "bucket", "cors"],
    ["GET bucket?analytics", "GET", "bucket", "analytics"],
    ["GET bucket?analytics", "GET", "bucket", "analytics&id="],
    ["GET bucket?analytics&id", "GET", "bucket", "id=report&analytics&x-id=GetBucketAnalytics"],
    ["PUT bucket?analytics", "PUT", "bucket", "analytics&id=report"],
    ["GET object?annotation", "GET", "object", "annotation"],
    ["GET object?annotation&annotationName", "GET", "object", "annotation&annotationName=a"],
    ["GET object", "GET", "object"],
    ["GET object", "GET", "object", "partNumber=1&response-content-type=a&versionId=1&id=1"],
    ["GET object", "GET", "object", "list-type=2"],
    ["HEAD object", "HEAD", "object", "partNumber=1&versionId=1"],
    ["HEAD object?acl", "HEAD", "object", "acl"],
    ["HEAD bucket?versions", "HEAD", "bucket", "versions"],
    ["PUT object", "PUT", "object"],
    ["PUT object copy", "PUT", "object", "", COPY],
    ["PUT object?uploadId", "PUT", "object", "partNumber=1&uploadId=u"],
    ["PUT object?uploadId copy", "PUT", "object", "partNumber=1&uploadId=u", COPY],
    ["PUT object?tagging", "PUT", "object", "tagging", COPY],
    ["PUT bucket", "PUT", "bucket", "", COPY],
    ["POST object?uploads", "POST", "object", "uploads"],
    ["POST object?select", "POST", "object", "select&select-type=2"],
    ["POST bucket?delete", "POST", "bucket", "delete"],
    ["POST bucket", "POST", "bucket"],
    ["DELETE object?uploadId", "DELETE", "object", "uploadId=u"],
    ["PATCH object", "PATCH", "object"],
  ])("is %s for %s %s ?%s", ([key, method, level, query, headers]) => {
    expect(keyOf(method, level, query, headers)).toBe(key);
  });

  test("a browser's form makes it PostObject, in any case of the media type", () => {
    const form = { "content-type": "Multipart/Form-Data; boundary=x" };
    expect(keyOf("POST", "bucket", "", form)).toBe("POST bucket form");
    expect(keyOf("POST", "bucket", "delete", form)).toBe("POST bucket?delete");
    expect(keyOf("POST", "object", "", form)).toBe("POST object");
  });
});

describe("requests that select two operations", () => {
  test("two subresources are InvalidArgument, named in one order", () => {
    for (const query of ["policy&acl", "acl&x=1&policy="]) {
      const error = errorOf(() => keyOf("PUT", "bucket", query));
      expect(error.code).toBe("InvalidArgument");
      expect(error.message).toBe("Conflicting query string parameters: acl, policy");
      expect(error.fields).toEqual({ ArgumentName: "ResourceType", ArgumentValue: "acl" });
    }
  });

  test("a part number without an upload id is no PutObject, nor a CopyObject", () => {
    for (const headers of [{}, COPY]) {
      const error = errorOf(() => keyOf("PUT", "object", "partNumber=1", headers));
      expect(error.code).toBe("InvalidArgument");
      expect(error.fields).toEqual({ ArgumentName: "partNumber", ArgumentValue: "partNumber" });
    }
  });
});
