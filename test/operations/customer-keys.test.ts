import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { copy, copyPart } from "../support/copy.ts";
import { customerKey } from "../support/customer-key.ts";
import { complete, createUpload, putPart, uploadPart } from "../support/multipart.ts";

const key = customerKey();
const other = customerKey();

const NAME = "x-amz-server-side-encryption-customer";
const { [`${NAME}-key-md5`]: _, ...withoutMd5 } = key.headers;
const { [`${NAME}-key`]: __, ...withoutKey } = key.headers;
const { [`${NAME}-algorithm`]: ___, ...withoutAlgorithm } = key.headers;

const METHOD = "x-amz-server-side-encryption";

let bucket: string;
beforeAll(async () => {
  bucket = await uniqueBucket();
  await putObject(bucket, "sealed", "secret", key.headers);
  await putObject(bucket, "plain", "open");
});

const LEAST_SENT = "Requests specifying Server Side Encryption with Customer provided keys must";
const NOT_VALID = "The secret key was invalid for the specified algorithm.";
const NO_PARAMETERS =
  "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.";

/** As recorded from AWS: https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3.snapshot.json */
const REFUSED_WRITES = [
  {
    what: "an algorithm that there is not",
    headers: { ...key.headers, [`${NAME}-algorithm`]: "KMS" },
    code: "InvalidEncryptionAlgorithmError",
    message: "The Encryption request you specified is not valid. Supported value: AES256.",
    value: "KMS",
  },
  {
    what: "no algorithm",
    headers: withoutAlgorithm,
    code: "InvalidArgument",
    message: `${LEAST_SENT} provide a valid encryption algorithm.`,
  },
  {
    what: "no key",
    headers: withoutKey,
    code: "InvalidArgument",
    message: `${LEAST_SENT} provide an appropriate secret key.`,
  },
  { what: "no MD5", headers: withoutMd5, code: "InvalidArgument", message: NOT_VALID },
  {
    what: "a key of another length",
    headers: customerKey(randomBytes(16)).headers,
    code: "InvalidArgument",
    message: NOT_VALID,
  },
  {
    what: "the MD5 of another key",
    headers: { ...key.headers, [`${NAME}-key-md5`]: other.md5 },
    code: "InvalidArgument",
    message: "The calculated MD5 hash of the key did not match the hash that was provided.",
  },
  ...["AES256", "aws:kms"].map((value) => ({
    what: `${value} as well`,
    headers: { ...key.headers, [METHOD]: value },
    code: "InvalidArgument",
    message:
      "Server Side Encryption with Customer provided key is incompatible with the encryption method specified",
    value,
  })),
];

test.for(REFUSED_WRITES)(
  "a write with $what is $code",
  async ({ headers, code, message, ...expected }) => {
    const response = await signedFetch("PUT", `/${bucket}/refused`, { headers, body: "body" });
    const document = await expectError(response, 400, code);
    expect(elements(document, "Message")).toEqual([message]);
    expect(elements(document, "ArgumentName")).toEqual([METHOD]);
    const value = "value" in expected ? [expected.value] : [];
    expect(elements(document, "ArgumentValue")).toEqual(value);
    await expectError(await signedFetch("GET", `/${bucket}/refused`), 404, "NoSuchKey");
  },
);

const REFUSED_READS = [
  {
    what: "without the key",
    headers: {},
    status: 400,
    code: "InvalidRequest",
    message: NO_PARAMETERS,
  },
  {
    what: "with another key",
    headers: other.headers,
    status: 403,
    code: "AccessDenied",
    message: `${LEAST_SENT} provide the correct secret key.`,
  },
  {
    what: "without the MD5",
    headers: withoutMd5,
    status: 403,
    code: "AccessDenied",
    message: `${LEAST_SENT} provide the correct secret key.`,
  },
];

describe.for(REFUSED_READS)("a read $what", ({ headers, status, code, message }) => {
  test("is refused", async () => {
    const read = await signedFetch("GET", `/${bucket}/sealed`, { headers });
    const document = await expectError(read, status, code);
    expect(elements(document, "Message")).toEqual([message]);
  });

  test("of the headers alone is refused", async () => {
    const head = await signedFetch("HEAD", `/${bucket}/sealed`, { headers });
    expect(head.status).toBe(status);
  });

  test("of the attributes is refused", async () => {
    const query = { attributes: "" };
    const wanted = { ...headers, "x-amz-object-attributes": "ETag" };
    const read = await signedFetch("GET", `/${bucket}/sealed`, { query, headers: wanted });
    await expectError(read, status, code);
  });

  test("that would be answered with 304 is refused", async () => {
    const put = await putObject(bucket, "matched", "secret", key.headers);
    const etag = put.headers.get("etag") ?? "";
    const conditional = { ...headers, "if-none-match": etag };
    const read = await signedFetch("GET", `/${bucket}/matched`, { headers: conditional });
    await expectError(read, status, code);
  });
});

test.for(["GET", "HEAD"])(
  "%s of an object without a customer's key with one is InvalidRequest",
  async (method) => {
    // https://github.com/minio/minio/issues/12257
    await putObject(bucket, "kms", "body", { [METHOD]: "aws:kms" });
    for (const name of ["plain", "kms"]) {
      const read = await signedFetch(method, `/${bucket}/${name}`, { headers: key.headers });
      expect(read.status).toBe(400);
    }
  },
);

test.for([
  { [METHOD]: "AES256" },
  { [METHOD]: "aws:kms" },
  { [`${METHOD}-aws-kms-key-id`]: "key" },
])("a read with %o is InvalidArgument", async (headers) => {
  const read = await signedFetch("GET", `/${bucket}/plain`, { headers });
  await expectError(read, 400, "InvalidArgument");
});

test("a copy needs the source's key", async () => {
  const without = await copy(`${bucket}/sealed`, `${bucket}/copy`);
  await expectError(without, 400, "InvalidRequest");
  const wrong = await copy(`${bucket}/sealed`, `${bucket}/copy`, other.sourceHeaders);
  await expectError(wrong, 403, "AccessDenied");
  const needless = await copy(`${bucket}/plain`, `${bucket}/copy`, key.sourceHeaders);
  await expectError(needless, 400, "InvalidRequest");
  await expectError(await signedFetch("GET", `/${bucket}/copy`), 404, "NoSuchKey");
});

test("an object can be given another key, or none, in its place", async () => {
  await putObject(bucket, "rewrapped", "secret", key.headers);
  const source = `${bucket}/rewrapped`;
  const first = await copy(source, source, { ...key.sourceHeaders, ...other.headers });
  expect(first.status).toBe(200);
  const old = await signedFetch("GET", `/${source}`, { headers: key.headers });
  await expectError(old, 403, "AccessDenied");
  const read = await signedFetch("GET", `/${source}`, { headers: other.headers });
  expect(await read.text()).toBe("secret");
});

describe("an upload", () => {
  const unlike =
    "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.";

  test("takes parts with its own key only", async () => {
    const uploadId = await createUpload(bucket, "parts", key.headers);
    const query = { uploadId, partNumber: "1" };
    const without = await uploadPart(bucket, "parts", query, "part");
    expect(elements(await expectError(without, 400, "InvalidRequest"), "Message")).toEqual([
      unlike,
    ]);
    const wrong = await uploadPart(bucket, "parts", query, "part", other.headers);
    const document = await expectError(wrong, 400, "InvalidRequest");
    expect(elements(document, "Message")).toEqual([
      "The provided encryption parameters did not match the ones used originally.",
    ]);
    const copies = [copyPart(`${bucket}/plain`, `${bucket}/parts`, query)];
    copies.push(copyPart(`${bucket}/plain`, `${bucket}/parts`, query, other.headers));
    for (const copying of copies) await expectError(await copying, 400, "InvalidRequest");
    const part = await putPart(bucket, "parts", uploadId, 1, "part", key.headers);
    for (const headers of [{}, other.headers]) {
      const completion = await complete(bucket, "parts", uploadId, [part], headers);
      await expectError(completion, 400, "InvalidRequest");
    }
    const done = await complete(bucket, "parts", uploadId, [part], key.headers);
    expect(done.status).toBe(200);
    // The same once more.
    expect((await complete(bucket, "parts", uploadId, [part], key.headers)).status).toBe(200);
  });

  test("without a key takes no part with one", async () => {
    const uploadId = await createUpload(bucket, "plain-parts");
    const query = { uploadId, partNumber: "1" };
    const response = await uploadPart(bucket, "plain-parts", query, "part", key.headers);
    expect(elements(await expectError(response, 400, "InvalidRequest"), "Message")).toEqual([
      unlike,
    ]);
  });
});

test("a body is held to its claims, whatever it is encrypted with", async () => {
  const body = "x".repeat(20_000);
  for (const claim of [
    { "content-md5": Buffer.alloc(16).toString("base64") },
    { "x-amz-checksum-crc32": "AAAAAA==" },
    { "x-amz-checksum-sha256": Buffer.alloc(32).toString("base64") },
    { "x-amz-content-sha256": "0".repeat(64) },
  ]) {
    const headers = { ...key.headers, ...claim };
    const response = await signedFetch("PUT", `/${bucket}/claimed`, { headers, body });
    expect(response.status).toBe(400);
    await expectError(await signedFetch("GET", `/${bucket}/claimed`), 404, "NoSuchKey");
  }
});
