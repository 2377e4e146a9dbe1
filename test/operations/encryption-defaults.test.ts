import { createHash } from "node:crypto";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { anonymously, expectDenied } from "../support/anonymous.ts";
import { putPolicy } from "../support/bucket-policy.ts";
import { expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { copy } from "../support/copy.ts";
import { customerKey } from "../support/customer-key.ts";
import { putDocument } from "../support/documents.ts";
import { blobsIn, faultyEnv, faultyFetch, withMethods } from "../support/faults.ts";
import { newKmsKey } from "../support/kms.ts";
import { complete, createUpload, putPart } from "../support/multipart.ts";

const METHOD = "x-amz-server-side-encryption";

test("what is encrypted with KMS is for the account of its key only, whatever the bucket's policy says", async () => {
  const bucket = await uniqueBucket();
  await putPolicy(bucket, { Action: "s3:*", on: ["", "*"] });
  await putObject(bucket, "plain", "body");
  await putObject(bucket, "s3", "body", { [METHOD]: "AES256" });
  await putObject(bucket, "kms", "body", { [METHOD]: "aws:kms" });
  for (const name of ["plain", "s3"])
    expect((await anonymously("GET", `/${bucket}/${name}`)).status).toBe(200);
  await expectDenied("GET", `/${bucket}/kms`);
  expect(await (await signedFetch("GET", `/${bucket}/kms`)).text()).toBe("body");
});

test("what the bytes under a KMS key add up to is told to nobody who may not read them", async () => {
  const bucket = await uniqueBucket();
  await putPolicy(bucket, { Action: "s3:*", on: ["", "*"] });
  const told = "x-amz-checksum-sha256";
  const headers = { [told]: createHash("sha256").update("body").digest("base64") };
  for (const [name, method] of [
    ["s3", "AES256"],
    ["kms", "aws:kms"],
    ["dsse", "aws:kms:dsse"],
  ] as const)
    await putObject(bucket, name, "body", { ...headers, [METHOD]: method });
  const wanted = { headers: { "x-amz-checksum-mode": "ENABLED" } };
  const attributes = { headers: { "x-amz-object-attributes": "Checksum" } };
  for (const name of ["kms", "dsse"]) {
    const path = `/${bucket}/${name}`;
    expect((await anonymously("HEAD", path)).status).toBe(200);
    const head = await anonymously("HEAD", path, wanted);
    expect([head.status, head.headers.get(told)]).toEqual([403, null]);
    await expectDenied("GET", `${path}?attributes`, attributes);
    expect((await signedFetch("HEAD", path, wanted)).headers.get(told)).not.toBeNull();
  }
  const open = await anonymously("HEAD", `/${bucket}/s3`, wanted);
  expect(open.headers.get(told)).not.toBeNull();
  expect((await anonymously("GET", `/${bucket}/s3?attributes`, attributes)).status).toBe(200);
});

describe("a bucket's default", () => {
  const setDefault = async (bucket: string, rule: string): Promise<void> => {
    const document = `<Rule>${rule}</Rule>`;
    const put = await putDocument(
      `/${bucket}`,
      { encryption: "" },
      "ServerSideEncryptionConfiguration",
      document,
    );
    expect(put.status, await put.clone().text()).toBe(200);
  };
  const byDefault = (algorithm: string): string =>
    `<ApplyServerSideEncryptionByDefault><SSEAlgorithm>${algorithm}</SSEAlgorithm></ApplyServerSideEncryptionByDefault>`;

  test.for(["AES256", "aws:kms", "aws:kms:dsse"])(
    "%s is that of uploads, parts, and copies",
    async (algorithm) => {
      const bucket = await uniqueBucket();
      await putObject(bucket, "before", "body");
      await setDefault(bucket, byDefault(algorithm));
      const put = await putObject(bucket, "put", "body");
      expect(put.headers.get(METHOD)).toBe(algorithm);
      const uploadId = await createUpload(bucket, "parts");
      const part = await putPart(bucket, "parts", uploadId, 1, "body");
      const done = await complete(bucket, "parts", uploadId, [part]);
      expect(done.headers.get(METHOD)).toBe(algorithm);
      const again = await complete(bucket, "parts", uploadId, [part]);
      expect([again.status, again.headers.get(METHOD)]).toEqual([200, algorithm]);
      expect((await copy(`${bucket}/before`, `${bucket}/copy`)).headers.get(METHOD)).toBe(
        algorithm,
      );
      for (const name of ["put", "parts", "copy"]) {
        const got = await signedFetch("GET", `/${bucket}/${name}`);
        expect(got.headers.get(METHOD)).toBe(algorithm);
        expect(await got.text()).toBe("body");
      }
      expect((await signedFetch("HEAD", `/${bucket}/before`)).headers.has(METHOD)).toBe(false);
    },
  );

  test("says the key and the bucket key that a request for KMS leaves out", async () => {
    const bucket = await uniqueBucket();
    const { Arn, KeyId } = await newKmsKey();
    const rule = `<ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>${KeyId}</KMSMasterKeyID></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled>`;
    await setDefault(bucket, rule);
    const told = async (headers: Record<string, string>): Promise<(string | null)[]> => {
      const put = await putObject(bucket, "k", "body", headers);
      const names = [`${METHOD}-aws-kms-key-id`, `${METHOD}-bucket-key-enabled`];
      return names.map((name) => put.headers.get(name));
    };
    expect(await told({})).toEqual([Arn, "true"]);
    expect(await told({ [METHOD]: "aws:kms" })).toEqual([Arn, "true"]);
    const without = { [METHOD]: "aws:kms", [`${METHOD}-bucket-key-enabled`]: "false" };
    expect(await told(without)).toEqual([Arn, null]);
    const other = await newKmsKey();
    const named = { [METHOD]: "aws:kms", [`${METHOD}-aws-kms-key-id`]: other.KeyId };
    expect(await told(named)).toEqual([other.Arn, "true"]);
    expect(await told({ [METHOD]: "AES256" })).toEqual([null, null]);
  });

  // https://github.com/rustfs/rustfs/issues/7511
  test("is not laid over what a request asks for", async () => {
    const bucket = await uniqueBucket();
    await setDefault(bucket, byDefault("aws:kms"));
    const { headers, md5 } = customerKey();
    const customers = await putObject(bucket, "customer", "body", headers);
    expect(customers.headers.get(`${METHOD}-customer-key-md5`)).toBe(md5);
    expect(customers.headers.has(METHOD)).toBe(false);
    const s3 = await putObject(bucket, "s3", "body", { [METHOD]: "AES256" });
    expect(s3.headers.get(METHOD)).toBe("AES256");
    expect(s3.headers.has(`${METHOD}-aws-kms-key-id`)).toBe(false);
  });

  test("that blocks customers' keys refuses them, by a gateway too that has not heard of it", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", "body");
    const known = signedFetch("HEAD", `/${bucket}/k`);
    expect((await known).status).toBe(200);
    await setDefault(
      bucket,
      "<BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes>",
    );
    const { headers } = customerKey();
    const put = await signedFetch("PUT", `/${bucket}/refused`, { headers, body: "body" });
    await expectError(put, 403, "AccessDenied");
    const created = await signedFetch("POST", `/${bucket}/k`, { headers, query: { uploads: "" } });
    await expectError(created, 403, "AccessDenied");
  });

  test("that a gateway has not heard of holds for what it is sent", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "before", "body");
    // What is remembered is remembered by the binding.
    const late = () => faultyEnv({ DIRECTORY: withMethods(env.DIRECTORY, {}) });
    const gateways = [late(), late(), late(), late()] as const;
    for (const gateway of gateways)
      expect((await faultyFetch(gateway, "GET", `/${bucket}/before`)).status).toBe(200);
    await setDefault(bucket, byDefault("aws:kms"));
    const [first, second, third, fourth] = gateways;
    for (const body of ["body", "x".repeat(20_000)]) {
      const gateway = body.length > 10 ? first : second;
      const put = () => faultyFetch(gateway, "PUT", `/${bucket}/put`, { body });
      await expectError(await put(), 503, "SlowDown");
      await expectError(await signedFetch("GET", `/${bucket}/put`), 404, "NoSuchKey");
      expect(await blobsIn(bucket)).toEqual([]);
      expect((await put()).headers.get(METHOD)).toBe("aws:kms");
      if (body.length > 10) continue;
      await signedFetch("DELETE", `/${bucket}/put`);
    }
    const query = { uploads: "" };
    const created = await faultyFetch(third, "POST", `/${bucket}/parts`, { query });
    expect(created.headers.get(METHOD)).toBe("aws:kms");
    const headers = { "x-amz-copy-source": `${bucket}/before` };
    const copied = await faultyFetch(fourth, "PUT", `/${bucket}/copy`, { headers });
    expect(copied.headers.get(METHOD)).toBe("aws:kms");
  });
});
