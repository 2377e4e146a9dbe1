import { expect, test } from "vitest";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";

const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

test.for([
  ["analytics", "NoSuchConfiguration", "report"],
  ["cors", "NoSuchCORSConfiguration"],
  ["encryption", "ServerSideEncryptionConfigurationNotFoundError"],
  ["intelligent-tiering", "NoSuchConfiguration", "archive"],
  ["inventory", "NoSuchConfiguration", "weekly"],
  ["lifecycle", "NoSuchLifecycleConfiguration"],
  ["metadataConfiguration", "MetadataConfigurationNotFound"],
  ["metadataTable", "MetadataConfigurationNotFound"],
  ["metrics", "NoSuchConfiguration", "all"],
  ["object-lock", "ObjectLockConfigurationNotFoundError"],
  ["ownershipControls", "OwnershipControlsNotFoundError"],
  ["policy", "NoSuchBucketPolicy"],
  ["publicAccessBlock", "NoSuchPublicAccessBlockConfiguration"],
  ["replication", "ReplicationConfigurationNotFoundError"],
  ["tagging", "NoSuchTagSet"],
  ["website", "NoSuchWebsiteConfiguration"],
] as const)("a new bucket's ?%s is %s", async ([subresource, code, id]) => {
  const bucket = await uniqueBucket();
  const query = { [subresource]: "", ...(id !== undefined && { id }) };
  const document = await expectError(await signedFetch("GET", `/${bucket}`, { query }), 404, code);
  expect(elements(document, "BucketName")).toEqual(id === undefined ? [bucket] : []);
});

test.for([
  ["abac", "AbacStatus", "<Status>Disabled</Status>"],
  ["accelerate", "AccelerateConfiguration", ""],
  ["analytics", "ListBucketAnalyticsConfigurationsResult", "<IsTruncated>false</IsTruncated>"],
  [
    "intelligent-tiering",
    "ListIntelligentTieringConfigurationsResult",
    "<IsTruncated>false</IsTruncated>",
  ],
  ["inventory", "ListInventoryConfigurationsResult", "<IsTruncated>false</IsTruncated>"],
  ["logging", "BucketLoggingStatus", ""],
  ["metrics", "ListMetricsConfigurationsResult", "<IsTruncated>false</IsTruncated>"],
  ["notification", "NotificationConfiguration", ""],
  ["policyStatus", "PolicyStatus", "<IsPublic>false</IsPublic>"],
  ["requestPayment", "RequestPaymentConfiguration", "<Payer>BucketOwner</Payer>"],
  ["versioning", "VersioningConfiguration", ""],
] as const)("a new bucket's ?%s is a %s", async ([subresource, root, content]) => {
  const bucket = await uniqueBucket();
  const response = await signedFetch("GET", `/${bucket}`, { query: { [subresource]: "" } });
  expect(response.status).toBe(200);
  expect(await response.text()).toBe(`${DECLARATION}<${root} ${NAMESPACE}>${content}</${root}>`);
});

test("a new bucket's ACL gives its owner full control", async () => {
  const bucket = await uniqueBucket();
  const response = await signedFetch("GET", `/${bucket}`, { query: { acl: "" } });
  const document = await response.text();
  const [owner = "", grantee] = elements(document, "ID");
  expect(owner).toMatch(/^[0-9a-f]{64}$/);
  expect(grantee).toBe(owner);
  expect(elements(document, "Permission")).toEqual(["FULL_CONTROL"]);
  expect(document).toContain(
    '<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">',
  );
});

test("a configuration of a bucket that does not exist is NoSuchBucket", async () => {
  const bucket = `bucket-${crypto.randomUUID()}`;
  const response = await signedFetch("GET", `/${bucket}`, { query: { cors: "" } });
  const document = await expectError(response, 404, "NoSuchBucket");
  expect(elements(document, "BucketName")).toEqual([bucket]);
});

test("PUT of a configuration makes no bucket", async () => {
  const bucket = `bucket-${crypto.randomUUID()}`;
  const response = await signedFetch("PUT", `/${bucket}`, {
    query: { metadataJournalTable: "" },
    body: "<a/>",
  });
  const document = await expectError(response, 501, "NotImplemented");
  expect(elements(document, "Message")).toEqual([
    "UpdateBucketMetadataJournalTableConfiguration is not implemented",
  ]);
  expect((await signedFetch("HEAD", `/${bucket}`)).status).toBe(404);
});

test("no write to a subresource of an object touches the object", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "key", "kept");
  const requests = [
    ["PUT", "acl", 400],
    ["PUT", "encryption", 400],
    ["PUT", "uploadId", 400],
    ["PUT", "partNumber", 400],
    ["PUT", "cors", 405],
    ["DELETE", "annotation", 400],
    ["DELETE", "uploadId", 404],
    ["DELETE", "versions", 405],
  ] as const;
  for (const [method, name, status] of requests) {
    const body = method === "PUT" ? { body: "other" } : {};
    const query = { [name]: "1" };
    const response = await signedFetch(method, `/${bucket}/key`, { query, ...body });
    expect(response.status, `${method} ?${name}`).toBe(status);
  }
  expect(await (await signedFetch("GET", `/${bucket}/key`)).text()).toBe("kept");
});

test("a request that names no operation is MethodNotAllowed, and is told what is allowed", async () => {
  const bucket = await uniqueBucket();
  const response = await signedFetch("POST", `/${bucket}/key`);
  expect(response.headers.get("allow")).toBe("GET, HEAD, PUT, DELETE");
  const document = await expectError(response, 405, "MethodNotAllowed");
  expect(elements(document, "Method")).toEqual(["POST"]);
  expect(elements(document, "ResourceType")).toEqual(["OBJECT"]);
});

test("two subresources at once are InvalidArgument", async () => {
  const bucket = await uniqueBucket();
  const query = { policy: "", acl: "" };
  const document = await expectError(
    await signedFetch("GET", `/${bucket}`, { query }),
    400,
    "InvalidArgument",
  );
  expect(elements(document, "Message")).toEqual([
    "Conflicting query string parameters: acl, policy",
  ]);
});
