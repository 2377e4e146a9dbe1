import { createHash, createHmac } from "node:crypto";
import { AwsClient } from "aws4fetch";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import {
  elements,
  expectError,
  putObject,
  rawFetch,
  signedFetch,
  uniqueBucket,
} from "../support/client.ts";
import { customerKey } from "../support/customer-key.ts";
import { completionOf } from "../support/multipart.ts";

const ENDPOINT = "http://127.0.0.1:8787";
const HOST = { host: "127.0.0.1:8787" };

/** A SigV4 URL; `query` is signed with it. */
async function presignV4(
  method: string,
  path: string,
  query: Record<string, string> = {},
  headers: Record<string, string> = {},
  region = "us-east-1",
): Promise<string> {
  const signer = new AwsClient({
    accessKeyId: env.ROOT_ACCESS_KEY_ID,
    secretAccessKey: env.ROOT_SECRET_ACCESS_KEY,
    service: "s3",
    region,
  });
  const url = `${ENDPOINT}${path}?${new URLSearchParams(query).toString()}`;
  const { url: signed } = await signer.sign(url, { method, headers, aws: { signQuery: true } });
  return signed;
}

/** What SigV2 signs of the query, in its order. */
const SUBRESOURCES = ["partNumber", "uploadId", "uploads"];

/** A SigV2 URL as botocore makes it: what it signs as headers goes into the query, in lower case. */
function presignV2(method: string, path: string, headers: Record<string, string> = {}): string {
  const expires = String(Math.floor(Date.now() / 1000) + 60);
  const amz = Object.entries(headers).filter(([name]) => name.startsWith("x-amz-"));
  const lines = amz.map(([name, value]) => `${name}:${value}\n`).join("");
  const signed = SUBRESOURCES.filter((name) => name in headers)
    .map((name) => (headers[name] === "" ? name : `${name}=${headers[name]}`))
    .join("&");
  const toSign = `${method}\n\n${headers["content-type"] ?? ""}\n${expires}\n${lines}${path}${signed === "" ? "" : `?${signed}`}`;
  const signature = createHmac("sha1", env.ROOT_SECRET_ACCESS_KEY).update(toSign).digest("base64");
  const query = new URLSearchParams({
    ...headers,
    AWSAccessKeyId: env.ROOT_ACCESS_KEY_ID,
    Signature: signature,
    Expires: expires,
  });
  return `${ENDPOINT}${path}?${query.toString()}`;
}

function put(url: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  const length = { "content-length": String(body.length) };
  return rawFetch(url, {
    method: "PUT",
    body: new TextEncoder().encode(body),
    headers: { ...HOST, ...length, ...headers },
  });
}

const get = (url: string): Promise<Response> => rawFetch(url, { headers: HOST });

describe.for([
  { scheme: "SigV4", presign: presignV4 },
  {
    scheme: "SigV2",
    presign: async (method: string, path: string, headers?: Record<string, string>) =>
      presignV2(method, path, headers),
  },
])("a $scheme URL", ({ presign }) => {
  test("gives whoever holds it that one request", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", "shared");
    const url = await presign("GET", `/${bucket}/k`);
    expect(await (await get(url)).text()).toBe("shared");
    await expectError(await get(url.replace("/k?", "/other?")), 403, "SignatureDoesNotMatch");
    await expectError(await put(url, "x"), 403, "SignatureDoesNotMatch");
  });

  test("carries the headers that its maker wants stored", async () => {
    const bucket = await uniqueBucket();
    const url = await presign("PUT", `/${bucket}/k`, {
      "x-amz-meta-author": "a b",
      "x-amz-storage-class": "GLACIER_IR",
    });
    const response = await put(url, "body");
    expect(response.status, await response.text()).toBe(200);
    const head = await signedFetch("HEAD", `/${bucket}/k`);
    expect(head.headers.get("x-amz-meta-author")).toBe("a b");
    expect(head.headers.get("x-amz-storage-class")).toBe("GLACIER_IR");
  });
});

describe("a part of an upload by URL", () => {
  test.for([
    { scheme: "SigV4", presign: presignV4 },
    {
      scheme: "SigV2",
      presign: async (...given: Parameters<typeof presignV2>) => presignV2(...given),
    },
  ])("$scheme", async ({ presign }) => {
    const bucket = await uniqueBucket();
    const path = `/${bucket}/k`;
    const created = await rawFetch(await presign("POST", path, { uploads: "" }), {
      method: "POST",
      headers: HOST,
    });
    const [uploadId = ""] = elements(await created.text(), "UploadId");
    const url = await presign("PUT", path, { partNumber: "1", uploadId });
    const part = await put(url, "by URL");
    expect(part.status, await part.text()).toBe(200);
    await expectError(
      await put(url.replace("partNumber=1", "partNumber=2"), "x"),
      403,
      "SignatureDoesNotMatch",
    );
    const listed = await get(await presign("GET", path, { uploadId }));
    expect(elements(await listed.text(), "Size")).toEqual(["6"]);
    const body = completionOf([{ partNumber: 1, etag: part.headers.get("etag") ?? "" }]);
    const completed = await rawFetch(await presign("POST", path, { uploadId }), {
      method: "POST",
      body: new TextEncoder().encode(body),
      headers: { ...HOST, "content-length": String(body.length) },
    });
    expect(completed.status, await completed.text()).toBe(200);
    const head = await signedFetch("HEAD", path);
    expect(head.headers.get("content-length")).toBe("6");
  });
});

test("a SigV2 URL carries the content type that was signed", async () => {
  const bucket = await uniqueBucket();
  const url = presignV2("PUT", `/${bucket}/k`, { "content-type": "text/x-notes" });
  expect((await put(url, "body")).status).toBe(200);
  const head = await signedFetch("HEAD", `/${bucket}/k`);
  expect(head.headers.get("content-type")).toBe("text/x-notes");
});

test("the checksum of an empty body that the JavaScript SDK hoists into a URL does not bind the upload", async () => {
  const bucket = await uniqueBucket();
  const url = await presignV4("PUT", `/${bucket}/k`, {
    "x-amz-checksum-crc32": "AAAAAA==",
    "x-amz-sdk-checksum-algorithm": "CRC32",
    "x-id": "PutObject",
    "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD",
  });
  const response = await put(url, "not empty");
  expect(response.status, await response.text()).toBe(200);
});

describe("a header that a SigV4 URL has as a parameter is obeyed", () => {
  test.for([
    { query: { "If-None-Match": "*" }, sent: {} },
    { query: { "if-match": '"d41d8cd98f00b204e9800998ecf8427e"' }, sent: {} },
    // Who holds the URL cannot take the condition away.
    { query: { "If-None-Match": "*" }, sent: { "if-none-match": '"other"' } },
  ])("PUT with $query, sent with $sent, overwrites nothing", async ({ query, sent }) => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", "first");
    const url = await presignV4("PUT", `/${bucket}/k`, query);
    await expectError(await put(url, "second", sent), 412, "PreconditionFailed");
    expect(await (await signedFetch("GET", `/${bucket}/k`)).text()).toBe("first");
  });

  test.for([
    { parameter: "If-Match", value: '"other"', status: 412 },
    { parameter: "If-None-Match", value: "*", status: 304 },
    { parameter: "If-Unmodified-Since", value: "Wed, 01 Jan 2020 00:00:00 GMT", status: 412 },
    { parameter: "Range", value: "bytes=1-2", status: 206 },
  ])("GET with $parameter=$value is $status", async ({ parameter, value, status }) => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", "body");
    const url = await presignV4("GET", `/${bucket}/k`, { [parameter]: value });
    const later = Object.fromEntries([[parameter.toLowerCase(), "bytes=0-0"]]);
    for (const headers of [HOST, { ...HOST, ...later }])
      expect((await rawFetch(url, { headers })).status).toBe(status);
  });

  test("GET with If-Modified-Since", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", "body");
    const head = await signedFetch("HEAD", `/${bucket}/k`);
    const since = head.headers.get("last-modified") ?? "";
    const url = await presignV4("GET", `/${bucket}/k`, { "If-Modified-Since": since });
    expect((await get(url)).status).toBe(304);
  });

  test("what a PUT says of the object", async () => {
    const bucket = await uniqueBucket();
    const kept = {
      "cache-control": "max-age=60",
      "content-disposition": 'attachment; filename="a b"',
      "content-encoding": "gzip",
      "content-language": "de",
      "content-type": "text/x-notes",
      expires: "Fri, 01 Jan 2038 00:00:00 GMT",
    };
    const url = await presignV4("PUT", `/${bucket}/k`, kept);
    // As `fetch` adds it to every body of text.
    const sent = await put(url, "body", { "content-type": "text/plain;charset=UTF-8" });
    expect(sent.status, await sent.text()).toBe(200);
    const head = await signedFetch("HEAD", `/${bucket}/k`);
    for (const [name, value] of Object.entries(kept)) expect(head.headers.get(name)).toBe(value);
  });

  test("Content-MD5 binds the upload", async () => {
    const bucket = await uniqueBucket();
    const md5 = createHash("md5").update("body").digest("base64");
    const url = await presignV4("PUT", `/${bucket}/k`, { "Content-MD5": md5 });
    await expectError(await put(url, "other"), 400, "BadDigest");
    expect((await put(url, "body")).status).toBe(200);
  });

  test("the checksum that an upload is to have", async () => {
    const bucket = await uniqueBucket();
    const url = await presignV4("POST", `/${bucket}/k`, {
      uploads: "",
      "x-amz-checksum-algorithm": "SHA256",
    });
    const created = await rawFetch(url, { method: "POST", headers: HOST });
    expect(created.headers.get("x-amz-checksum-algorithm")).toBe("SHA256");
  });
});

test.for([
  { "x-amz-server-side-encryption": "AES256" },
  { "x-amz-checksum-crc32": "26gLsg==" },
] as Record<string, string>[])(
  "%j signed as header and as parameter needs not be sent, and is obeyed",
  async (both) => {
    const bucket = await uniqueBucket();
    const url = await presignV4("PUT", `/${bucket}/k`, both, both);
    for (const sent of [{}, both]) {
      const answer = await put(url, "body", sent);
      expect(answer.status, await answer.text()).toBe(200);
      expect(Object.fromEntries(answer.headers)).toMatchObject(both);
    }
    const [name = ""] = Object.keys(both);
    const other = await put(url, "body", { [name]: "other" });
    await expectError(other, 403, "SignatureDoesNotMatch");
  },
);

test("a condition that was added to a SigV2 URL, which does not sign it, is none", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "k", "first");
  const url = presignV2("PUT", `/${bucket}/k`);
  expect((await put(`${url}&If-None-Match=*`, "second")).status).toBe(200);
});

test("a URL signed for another region is told the bucket's, as a query is", async () => {
  const bucket = await uniqueBucket();
  const response = await get(await presignV4("GET", `/${bucket}/k`, {}, {}, "ap-south-1"));
  const document = await expectError(response, 400, "AuthorizationQueryParametersError");
  expect(elements(document, "Region")).toEqual(["us-east-1"]);
  expect(response.headers.get("x-amz-bucket-region")).toBe("us-east-1");
});

test("a customer's key in a URL is refused, not overlooked", async () => {
  const bucket = await uniqueBucket();
  const url = await presignV4("PUT", `/${bucket}/k`, customerKey().headers);
  await expectError(await rawFetch(url, { method: "PUT", body: "body" }), 400, "InvalidArgument");
  const v2 = presignV2("PUT", `/${bucket}/k`, customerKey().headers);
  await expectError(await rawFetch(v2, { method: "PUT", body: "body" }), 400, "InvalidArgument");
});
