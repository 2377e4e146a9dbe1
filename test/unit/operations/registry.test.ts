import { describe, expect, test } from "vitest";
import { operationFor } from "../../../src/operations/registry.ts";
import { S3Error } from "../../../src/protocol/errors.ts";
import type { S3Request } from "../../../src/protocol/s3-request.ts";

function request(method: string, target: string, headers: Record<string, string> = {}): S3Request {
  const [rawPath = "", rawQuery = ""] = target.split("?");
  const [, bucket, key] = /^\/([^/]*)\/?(.*)$/.exec(rawPath) ?? [];
  return {
    method,
    headers: new Headers(headers),
    body: null,
    origin: "http://127.0.0.1:8787",
    rawPath,
    rawQuery,
    query: new URLSearchParams(rawQuery),
    isVirtualHosted: false,
    bucket: bucket === "" ? undefined : bucket,
    key: key === "" ? undefined : key,
    keyWithPluses: undefined,
    clientAcceptEncoding: undefined,
  };
}

function refusalOf(method: string, target: string, headers?: Record<string, string>): S3Error {
  try {
    operationFor(request(method, target, headers));
  } catch (error) {
    if (error instanceof S3Error) return error;
    throw error;
  }
  throw new Error(`${method} ${target} was not refused`);
}

test.for([
  ["GET", "/", "ListBuckets"],
  ["PUT", "/b", "CreateBucket"],
  ["HEAD", "/b", "HeadBucket"],
  ["GET", "/b?prefix=p", "ListObjects"],
  ["GET", "/b?list-type=2", "ListObjectsV2"],
  ["POST", "/b?delete", "DeleteObjects"],
  ["GET", "/b?metrics", "ListBucketMetricsConfigurations"],
  ["GET", "/b?metrics&id=m", "GetBucketMetricsConfiguration"],
  ["GET", "/b/k?x-id=GetObject", "GetObject"],
  ["PUT", "/b/k?x-id=PutObject", "PutObject"],
  ["HEAD", "/b/k?x-id=HeadObject", "HeadObject"],
  ["GET", "/b?uploads", "ListMultipartUploads"],
  ["POST", "/b/k?uploads", "CreateMultipartUpload"],
  ["PUT", "/b/k?uploadId=u&partNumber=1", "UploadPart"],
  ["GET", "/b/k?uploadId=u", "ListParts"],
  ["POST", "/b/k?uploadId=u", "CompleteMultipartUpload"],
  ["DELETE", "/b/k?uploadId=u", "AbortMultipartUpload"],
] as const)("%s %s is %s", ([method, target, name]) => {
  expect(operationFor(request(method, target)).name).toBe(name);
});

test.for([
  ["PUT", "/b?metadataJournalTable", "UpdateBucketMetadataJournalTableConfiguration"],
  ["DELETE", "/b?metadataTable", "DeleteBucketMetadataTableConfiguration"],
  ["GET", "/b/k?torrent", "GetObjectTorrent"],
  ["GET", "/?max-directory-buckets=1", "ListDirectoryBuckets"],
  ["POST", "/WriteGetObjectResponse", "WriteGetObjectResponse"],
] as const)("%s %s is refused as %s", ([method, target, name]) => {
  const error = refusalOf(method, target);
  expect(error.code).toBe("NotImplemented");
  expect(error.message).toBe(`${name} is not implemented`);
});

test("a copy source or a form makes another operation", () => {
  const copy = { "x-amz-copy-source": "/b/k" };
  const form = { "content-type": "multipart/form-data; boundary=x" };
  const part = "/b/k?partNumber=1&uploadId=x";
  expect(operationFor(request("PUT", "/b/k", copy)).name).toBe("CopyObject");
  expect(operationFor(request("PUT", part, copy)).name).toBe("UploadPartCopy");
  expect(operationFor(request("PUT", part)).name).toBe("UploadPart");
  expect(operationFor(request("POST", "/b", form)).name).toBe("PostObject");
});

test("a POST of a bucket that is no form is told what it has to be", () => {
  const { code, fields } = refusalOf("POST", "/b", { "content-type": "text/html" });
  const Condition = "Bucket POST must be of the enclosure-type multipart/form-data";
  expect({ code, fields }).toEqual({ code: "PreconditionFailed", fields: { Condition } });
});

describe("a request that names no operation is MethodNotAllowed", () => {
  test.for([
    ["POST", "/", "SERVICE", "GET"],
    ["HEAD", "/", "SERVICE", "GET"],
    ["GET", "/?acl", "SERVICE", ""],
    ["PATCH", "/b", "BUCKET", "GET, HEAD, PUT, DELETE"],
    ["PUT", "/b?delete", "BUCKET", "POST"],
    ["POST", "/b?cors", "BUCKET", "GET, PUT, DELETE"],
    ["PUT", "/b?location", "BUCKET", "GET"],
    ["POST", "/b/k", "OBJECT", "GET, HEAD, PUT, DELETE"],
    ["PUT", "/b/k?cors", "OBJECT", ""],
    ["GET", "/b/k?versions", "OBJECT", ""],
    ["DELETE", "/b/k?acl", "OBJECT", "GET, PUT"],
    ["HEAD", "/b?versions", "BUCKET", "GET"],
    ["HEAD", "/b/k?acl", "OBJECT", "GET, PUT"],
    ["HEAD", "/b/k?tagging", "OBJECT", "GET, PUT, DELETE"],
    ["HEAD", "/b/k?uploadId=u", "OBJECT", "GET, PUT, POST, DELETE"],
  ] as const)("%s %s of a %s, which allows %s", ([method, target, resourceType, allow]) => {
    const error = refusalOf(method, target);
    expect(error.code).toBe("MethodNotAllowed");
    expect(error.fields).toEqual({ Method: method, ResourceType: resourceType });
    expect(error.headers).toEqual({ Allow: allow });
  });
});
