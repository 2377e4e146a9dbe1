import { beforeAll, expect, test } from "vitest";
import { elements, expectError, signedFetch, uniqueBucket } from "../support/client.ts";

/** Requests that store what no header of theirs can have encrypted, each of which lacks what it is about. */
const WRITES = [
  { name: "PutObjectAcl", method: "PUT", query: { acl: "" } },
  { name: "PutObjectAnnotation", method: "PUT", query: { annotation: "", annotationName: "a" } },
  {
    name: "RenameObject",
    method: "PUT",
    query: { renameObject: "" },
    given: { "x-amz-rename-source": "none" },
  },
];

const UNBUILT = {
  "x-amz-server-side-encryption": "aws:kms",
  "x-amz-server-side-encryption-aws-kms-key-id": "key",
  "x-amz-server-side-encryption-customer-algorithm": "AES256",
};

let bucket: string;
beforeAll(async () => {
  bucket = await uniqueBucket();
});

test.for(WRITES)("$name refuses what it would store without", async ({ method, query, given }) => {
  for (const [name, value] of Object.entries(UNBUILT)) {
    const headers = { ...given, [name]: value };
    const response = await signedFetch(method, `/${bucket}/key`, { query, headers });
    const document = await expectError(response, 501, "NotImplemented");
    expect(elements(document, "Header")).toEqual([name]);
  }
});

test("what asks for nothing is no reason to refuse", async () => {
  const headers = {
    "x-amz-server-side-encryption": "AES256",
    "x-amz-server-side-encryption-bucket-key-enabled": "false",
  };
  const response = await signedFetch("PUT", `/${bucket}/key`, { headers, body: "body" });
  expect(response.status).toBe(200);
});

test("a bucket that does not exist is what is said first", async () => {
  const headers = { "x-amz-server-side-encryption": "aws:kms" };
  const response = await signedFetch("PUT", "/no-such-bucket/key", { headers, body: "body" });
  await expectError(response, 404, "NoSuchBucket");
});
