import { beforeAll, expect, test } from "vitest";
import { patternOf } from "../support/bytes.ts";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { customerKey } from "../support/customer-key.ts";
import { putDocument } from "../support/documents.ts";
import { blobsIn } from "../support/faults.ts";
import { newKmsKey } from "../support/kms.ts";
import { completed, createUpload, putPart } from "../support/multipart.ts";
import { setVersioning } from "../support/versions.ts";

const METHOD = "x-amz-server-side-encryption";
const KEY_ID = `${METHOD}-aws-kms-key-id`;

let bucket: string;
let arn: string;
beforeAll(async () => {
  bucket = await uniqueBucket();
  arn = (await newKmsKey()).Arn;
});

function update(key: string, keyArn: string, query = {}): Promise<Response> {
  const content = `<SSE-KMS><KMSKeyArn>${keyArn}</KMSKeyArn><BucketKeyEnabled>true</BucketKeyEnabled></SSE-KMS>`;
  return putDocument(
    `/${bucket}/${key}`,
    { encryption: "", ...query },
    "ObjectEncryption",
    content,
  );
}

test.for(["AES256", "aws:kms"])(
  "an object that is encrypted with %s gets the key, and keeps the rest",
  async (method) => {
    for (const size of [10, 70_000]) {
      const bytes = patternOf(size);
      await putObject(bucket, "k", bytes, { [METHOD]: method, "x-amz-meta-a": "b" });
      const before = await signedFetch("HEAD", `/${bucket}/k`);
      const blobs = await blobsIn(bucket);
      const updated = await update("k", arn);
      expect(updated.status, await updated.clone().text()).toBe(200);
      const got = await signedFetch("GET", `/${bucket}/k`);
      expect(Buffer.from(await got.arrayBuffer()).equals(bytes)).toBe(true);
      expect(got.headers.get(METHOD)).toBe("aws:kms");
      expect(got.headers.get(KEY_ID)).toBe(arn);
      expect(got.headers.get(`${METHOD}-bucket-key-enabled`)).toBe("true");
      for (const name of ["etag", "last-modified", "x-amz-meta-a"])
        expect(got.headers.get(name)).toBe(before.headers.get(name));
      expect(await blobsIn(bucket)).toEqual(blobs);
    }
  },
);

test("an object of parts gets the key", async () => {
  const uploadId = await createUpload(bucket, "parts", { [METHOD]: "AES256" });
  const part = await putPart(bucket, "parts", uploadId, 1, patternOf(70_000));
  await completed(bucket, "parts", uploadId, [part]);
  expect((await update("parts", arn)).status).toBe(200);
  const got = await signedFetch("GET", `/${bucket}/parts`);
  expect(Buffer.from(await got.arrayBuffer()).equals(patternOf(70_000))).toBe(true);
});

test("an older version gets the key, and no other", async () => {
  const versioned = await uniqueBucket();
  await setVersioning(versioned, "Enabled");
  const put = await putObject(versioned, "k", "old", { [METHOD]: "AES256" });
  await putObject(versioned, "k", "new", { [METHOD]: "AES256" });
  const versionId = put.headers.get("x-amz-version-id") ?? "";
  const content = `<SSE-KMS><KMSKeyArn>${arn}</KMSKeyArn></SSE-KMS>`;
  const query = { encryption: "", versionId };
  const updated = await putDocument(`/${versioned}/k`, query, "ObjectEncryption", content);
  expect(updated.status).toBe(200);
  const old = await signedFetch("GET", `/${versioned}/k`, { query: { versionId } });
  expect([old.headers.get(METHOD), await old.text()]).toEqual(["aws:kms", "old"]);
  const current = await signedFetch("GET", `/${versioned}/k`);
  expect([current.headers.get(METHOD), await current.text()]).toEqual(["AES256", "new"]);
});

test("what is not encrypted with SSE-S3 or SSE-KMS is InvalidRequest", async () => {
  for (const headers of [{}, customerKey().headers, { [METHOD]: "aws:kms:dsse" }]) {
    await putObject(bucket, "other", "body", headers);
    const document = await expectError(await update("other", arn), 400, "InvalidRequest");
    expect(elements(document, "Message")[0]).toContain("SSE-S3 or SSE-KMS are supported.");
  }
  await expectError(await update("none", arn), 404, "NoSuchKey");
});

test("what is no ARN of a key that there is is refused", async () => {
  await putObject(bucket, "k", "body", { [METHOD]: "AES256" });
  const account = arn.slice(0, arn.indexOf(":key/"));
  await expectError(await update("k", "alias/aws/s3"), 400, "InvalidRequest");
  await expectError(await update("k", `${account}:alias/aws/s3`), 400, "InvalidRequest");
  const unknown = `${account}:key/134f2428-cec1-4b25-a1ae-9048164dba47`;
  await expectError(await update("k", unknown), 400, "KMS.NotFoundException");
  const document = "<SSE-S3/>";
  const other = await putDocument(`/${bucket}/k`, { encryption: "" }, "ObjectEncryption", document);
  await expectError(other, 400, "MalformedXML");
  expect((await signedFetch("HEAD", `/${bucket}/k`)).headers.get(METHOD)).toBe("AES256");
});
