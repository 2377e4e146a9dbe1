import { describe, expect, test } from "vitest";
import { putPolicy } from "../support/bucket-policy.ts";
import { expectError, signedFetch, uniqueBucket } from "../support/client.ts";
import {
  allowedForm,
  type Fields,
  formBody,
  policyOf,
  scopeV4,
  sendForm,
  signedV4,
} from "../support/form.ts";

const KEY: Fields = [["key", "in/key"]];
const TAGGING = "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>";

/** Sends a form to a bucket; whatever becomes of it, the key is free again. */
async function send(bucket: string, fields: Fields): Promise<Response> {
  const response = await sendForm(bucket, formBody(fields, { file: "body" }));
  await signedFetch("DELETE", `/${bucket}/in/key`);
  return response;
}

describe("a form that nobody has signed", () => {
  test("is refused, as long as nothing lets everybody upload", async () => {
    const bucket = await uniqueBucket();
    await expectError(await send(bucket, KEY), 403, "AccessDenied");
    await expectError(await send("no-such-bucket-0", KEY), 404, "NoSuchBucket");
  });

  test("is let in by a policy of the bucket, for what that names", async () => {
    const bucket = await uniqueBucket();
    await putPolicy(bucket, { Action: "s3:PutObject", on: ["in/*"] });
    expect((await send(bucket, KEY)).status).toBe(204);
    await expectError(await send(bucket, [["key", "out"]]), 403, "AccessDenied");
    await expectError(await send(bucket, [...KEY, ["tagging", TAGGING]]), 403, "AccessDenied");
    await expectError(await send(bucket, [...KEY, ["acl", "public-read"]]), 403, "AccessDenied");
    await expectError(await send(bucket, [...KEY, ["policy", policyOf([])]]), 403, "AccessDenied");
    await putPolicy(bucket, { Action: ["s3:PutObject", "s3:PutObjectTagging"], on: ["in/*"] });
    expect((await send(bucket, [...KEY, ["tagging", TAGGING]])).status).toBe(204);
  });

  test("is not taken for another by its query or its headers", async () => {
    const bucket = await uniqueBucket();
    const query = "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=a&partNumber=1";
    const body = formBody(KEY, { file: "body" });
    await expectError(await sendForm(bucket + query, body), 403, "AccessDenied");
    const headers = { authorization: "AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request" };
    await expectError(await sendForm(bucket, body, headers), 403, "AccessDenied");
  });
});

describe("a form that the owner has signed", () => {
  const conditions = [
    [{ StringEquals: { "s3:authType": "POST" } }, ["v2", "v4"]],
    [{ StringEquals: { "s3:signatureversion": "AWS" } }, ["v2"]],
    [{ StringEquals: { "s3:signatureversion": "AWS4-HMAC-SHA256" } }, ["v4"]],
    [{ StringEquals: { "s3:RequestObjectTag/a": "1" } }, ["v2", "v4"]],
    [{ StringEquals: { "s3:x-amz-storage-class": "STANDARD_IA" } }, ["v2", "v4"]],
    [{ NumericLessThan: { "s3:signatureAge": "60000" } }, ["v4"]],
    [{ StringEquals: { "s3:authType": "REST-HEADER" } }, []],
  ] as const;
  test.for(conditions)("is refused by a denial under %j: %j", async ([Condition, refused]) => {
    const bucket = await uniqueBucket();
    await putPolicy(bucket, { Effect: "Deny", Action: "s3:PutObject", on: ["*"], Condition });
    const fields: Fields = [...KEY, ["tagging", TAGGING], ["x-amz-storage-class", "STANDARD_IA"]];
    const scope = scopeV4();
    const named = [...fields, ...scope].map(([name, value]) => ({ [name]: value }));
    const forms = {
      v2: allowedForm(bucket, fields),
      v4: [...fields, ...signedV4(policyOf([{ bucket }, ...named]), scope)],
    };
    for (const [scheme, form] of Object.entries(forms)) {
      const isRefused = refused.some((name) => name === scheme);
      expect((await send(bucket, form)).status, scheme).toBe(isRefused ? 403 : 204);
    }
  });
});
