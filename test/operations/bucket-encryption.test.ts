import { expect, test } from "vitest";
import { elements, expectError, signedFetch, uniqueBucket } from "../support/client.ts";
import { expectOk, putDocument } from "../support/documents.ts";
import { faultyEnv, faultyFetch } from "../support/faults.ts";

const QUERY = { encryption: "" };
const AS_AWS = faultyEnv({ NEW_BUCKETS: "aws" });
const KMS =
  "<ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault>";
const BLOCKED =
  "<BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes>";

const put = async (bucket: string, rule: string): Promise<Response> =>
  putDocument(`/${bucket}`, QUERY, "ServerSideEncryptionConfiguration", `<Rule>${rule}</Rule>`);

const shown = async (bucket: string): Promise<string> => {
  const response = await expectOk(signedFetch("GET", `/${bucket}`, { query: QUERY }));
  return response.text();
};

test("what a rule does not say is filled in", async () => {
  const bucket = await uniqueBucket();
  await expectOk(put(bucket, KMS));
  expect(await shown(bucket)).toContain(
    `<Rule>${KMS}<BucketKeyEnabled>false</BucketKeyEnabled></Rule>`,
  );
});

test("a rule that says nothing of blocked types leaves blocked what is, and NONE ends it", async () => {
  const bucket = await uniqueBucket();
  await expectOk(put(bucket, BLOCKED));
  await expectOk(put(bucket, KMS));
  expect(elements(await shown(bucket), "EncryptionType")).toEqual(["SSE-C"]);
  await expectOk(put(bucket, BLOCKED.replace("SSE-C", "NONE")));
  await expectOk(put(bucket, KMS));
  expect(elements(await shown(bucket), "EncryptionType")).toEqual(["NONE"]);
});

test.for([
  KMS.replace("aws:kms", "aws:fsx"),
  KMS.replace("aws:kms", "AES128"),
  BLOCKED.replace("SSE-C", "SSE-S3"),
  "<BucketKeyEnabled>maybe</BucketKeyEnabled>",
])("the rule %s is MalformedXML", async (rule) => {
  const bucket = await uniqueBucket();
  await expectError(await put(bucket, rule), 400, "MalformedXML");
});

test("a deleted one is as of a new bucket: none, or AES256 and no SSE-C where buckets are made as on AWS", async () => {
  const bucket = `bucket-${crypto.randomUUID()}`;
  expect((await faultyFetch(AS_AWS, "PUT", `/${bucket}`)).status).toBe(200);
  const fresh = await shown(bucket);
  expect(elements(fresh, "SSEAlgorithm")).toEqual(["AES256"]);
  expect(elements(fresh, "BucketKeyEnabled")).toEqual(["false"]);
  expect(elements(fresh, "EncryptionType")).toEqual(["SSE-C"]);
  await expectOk(put(bucket, KMS + BLOCKED.replace("SSE-C", "NONE")));
  const reset = await faultyFetch(AS_AWS, "DELETE", `/${bucket}`, { query: QUERY });
  expect(reset.status).toBe(204);
  expect(await shown(bucket)).toBe(fresh);
  expect((await signedFetch("DELETE", `/${bucket}`, { query: QUERY })).status).toBe(204);
  const response = await signedFetch("GET", `/${bucket}`, { query: QUERY });
  await expectError(response, 404, "ServerSideEncryptionConfigurationNotFoundError");
});
