import { createHmac } from "node:crypto";
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
import { completionOf } from "../support/multipart.ts";

const ENDPOINT = "http://127.0.0.1:8787";
const HOST = { host: "127.0.0.1:8787" };

/** A SigV4 URL; `query` is signed with it. */
async function presignV4(
  method: string,
  path: string,
  query: Record<string, string> = {},
): Promise<string> {
  const signer = new AwsClient({
    accessKeyId: env.ROOT_ACCESS_KEY_ID,
    secretAccessKey: env.ROOT_SECRET_ACCESS_KEY,
    service: "s3",
    region: "us-east-1",
  });
  const url = `${ENDPOINT}${path}?${new URLSearchParams(query).toString()}`;
  const { url: signed } = await signer.sign(url, { method, aws: { signQuery: true } });
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

function put(url: string, body: string): Promise<Response> {
  const length = { "content-length": String(body.length) };
  return rawFetch(url, {
    method: "PUT",
    body: new TextEncoder().encode(body),
    headers: { ...HOST, ...length },
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
