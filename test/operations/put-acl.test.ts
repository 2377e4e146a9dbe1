import { beforeAll, describe, expect, test } from "vitest";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { versionedBucket } from "../support/versions.ts";

const query = { acl: "" };
const PRIVATE = { "x-amz-acl": "private" };

const none = (): string | undefined => undefined;

let bucket: string;
let owners: string;
beforeAll(async () => {
  bucket = await uniqueBucket();
  await putObject(bucket, "k", "body");
  owners = await (await signedFetch("GET", `/${bucket}/k`, { query })).text();
});

describe.for([
  { operation: "PutObjectAcl", key: "/k" },
  { operation: "PutBucketAcl", key: "" },
])("$operation", ({ operation, key }) => {
  const putAcl = (headers: Record<string, string>, body?: string): Promise<Response> =>
    signedFetch("PUT", `/${bucket}${key}`, {
      query,
      headers,
      ...(body !== undefined && { body }),
    });

  test("of full control for the owner is a success, as it is so", async () => {
    for (const answer of [await putAcl(PRIVATE), await putAcl({}, owners)])
      expect(answer.status, await answer.text()).toBe(200);
  });

  test.for([
    { headers: { "x-amz-acl": "public-read" }, body: none },
    { headers: { "x-amz-grant-read": "id=1" }, body: none },
    { headers: {}, body: () => owners.replace("FULL_CONTROL", "READ") },
    { headers: {}, body: () => owners.replaceAll(/<ID>[^<]*/g, "<ID>another") },
    { headers: {}, body: () => owners.replace(/(<Grant>.*<\/Grant>)/, "$1$1") },
  ])("of another ACL is NotImplemented: $headers, $body", async ({ headers, body }) => {
    const document = await expectError(await putAcl({ ...headers }, body()), 501, "NotImplemented");
    if (Object.keys(headers)[0] !== "x-amz-grant-read")
      expect(elements(document, "Message")[0]).toContain(operation);
  });

  test.for([
    { headers: { "x-amz-acl": "fake" }, body: undefined, code: "InvalidArgument" },
    { headers: {}, body: undefined, code: "MissingSecurityHeader" },
    { headers: {}, body: "<AccessControlPolicy/>", code: "MalformedACLError" },
    { headers: {}, body: "no XML", code: "MalformedACLError" },
    { headers: PRIVATE, body: "<AccessControlPolicy/>", code: "UnexpectedContent" },
  ])("with $headers and $body is $code", async ({ headers, body, code }) => {
    await expectError(await putAcl({ ...headers }, body), 400, code);
  });
});

test("PutObjectAcl is of an object that there is", async () => {
  const versioned = await versionedBucket();
  const putAcl = (key: string): Promise<Response> =>
    signedFetch("PUT", `/${versioned}/${key}`, { query, headers: PRIVATE });
  await expectError(await putAcl("none"), 404, "NoSuchKey");
  await putObject(versioned, "k");
  expect((await putAcl("k")).headers.get("x-amz-version-id")).toMatch(/^\w{32}$/);
  await signedFetch("DELETE", `/${versioned}/k`);
  await expectError(await putAcl("k"), 405, "MethodNotAllowed");
});
