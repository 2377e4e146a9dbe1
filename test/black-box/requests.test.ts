import { Agent, type IncomingMessage, request } from "node:http";
import type { LookupFunction } from "node:net";
import { text } from "node:stream/consumers";
import {
  GetObjectCommand,
  GetObjectTorrentCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, expect, inject, test, vi } from "vitest";
import { expectSdkError, presign, sdkClient, uniqueBucket } from "../support/sdk.ts";

const ledge = inject("ledge");
const s3 = sdkClient(ledge);
let Bucket: string;
beforeAll(async () => {
  Bucket = await uniqueBucket(s3);
});

test("whoever has a presigned URL can upload and download with it", async () => {
  const path = `/${Bucket}/presigned/a%20b%2Bc%26%C3%A9.txt`;
  const Key = "presigned/a b+c&é.txt";
  const headers = { "content-type": "text/plain" };
  const put = await fetch(await presign(ledge, "PUT", path), {
    method: "PUT",
    headers,
    body: "body",
  });
  expect(put.status).toBe(200);
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
  expect(head).toMatchObject({ ContentLength: 4, ContentType: "text/plain", ETag: etagOf(put) });

  const overrides = { "response-content-disposition": 'attachment; filename="a b.txt"' };
  const get = await fetch(await presign(ledge, "GET", path, overrides));
  expect(await get.text()).toBe("body");
  expect(get.headers.get("content-disposition")).toBe('attachment; filename="a b.txt"');
});

function etagOf(answer: Response): string | null {
  return answer.headers.get("etag");
}

test("the checksum of nothing in a presigned URL does not bind the upload", async () => {
  // As @aws-sdk/s3-request-presigner makes them.
  const query = {
    "x-amz-checksum-crc32": "AAAAAA==",
    "x-amz-sdk-checksum-algorithm": "CRC32",
    "x-id": "PutObject",
  };
  const url = await presign(ledge, "PUT", `/${Bucket}/hoisted`, query);
  const put = await fetch(url, { method: "PUT", body: "not empty" });
  expect(put.status, await put.text()).toBe(200);
});

test("an upload that is chunked by HTTP alone is NotImplemented, by the header that asks for it", async () => {
  const url = await presign(ledge, "PUT", `/${Bucket}/unknown-length`);
  const put = request(url, { method: "PUT" });
  put.write("bo");
  put.end("dy");
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    put.once("response", resolve).once("error", reject);
  });
  expect(answer.statusCode).toBe(501);
  const document = await text(answer);
  expect(document).toContain("<Code>NotImplemented</Code>");
  expect(document).toContain("<Header>Transfer-Encoding</Header>");
});

test("metadata in a presigned URL is the object's", async () => {
  const url = await presign(ledge, "PUT", `/${Bucket}/metadata`, { "x-amz-meta-color": "blue" });
  expect((await fetch(url, { method: "PUT", body: "body" })).status).toBe(200);
  const { Metadata } = await s3.send(new HeadObjectCommand({ Bucket, Key: "metadata" }));
  expect(Metadata).toEqual({ color: "blue" });
});

test("a presigned URL is good for its own method and key only", async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: "secret", Body: "body" }));
  const url = await presign(ledge, "GET", `/${Bucket}/public`);
  const otherKey = await fetch(url.replace("/public?", "/secret?"));
  await expectError(otherKey, 403, "SignatureDoesNotMatch");
  const otherMethod = await fetch(url, { method: "DELETE" });
  await expectError(otherMethod, 403, "SignatureDoesNotMatch");
});

async function expectError(answer: Response, status: number, code: string): Promise<void> {
  const document = await answer.text();
  expect(answer.status, document).toBe(status);
  expect(answer.headers.get("content-type")).toBe("application/xml");
  expect(document).toContain(`<Error><Code>${code}</Code>`);
  expect(document).toContain(
    `<RequestId>${answer.headers.get("x-amz-request-id") ?? "none"}</RequestId>`,
  );
}

test.for([
  ["GET", "/"],
  ["GET", "/bucket"],
  ["PUT", "/new-bucket"],
  ["GET", "/bucket/key"],
  ["PUT", "/bucket/key"],
  ["POST", "/bucket?delete"],
] as const)("%s %s without a signature is AccessDenied", async ([method, path]) => {
  const url = `${ledge.endpoint}${path.replace("/bucket", `/${Bucket}`)}`;
  const body = method === "GET" ? {} : { body: "body" };
  await expectError(await fetch(url, { method, ...body }), 403, "AccessDenied");
});

test("a site that a policy opens to an address is read from there without keys, and by nobody who claims to be there", async () => {
  const site = await uniqueBucket(s3);
  await s3.send(new PutObjectCommand({ Bucket: site, Key: "index.html", Body: "hello" }));
  const url = `${ledge.endpoint}/${site}/index.html`;
  const open = async (addresses: readonly string[]) => {
    const Condition = { IpAddress: { "aws:SourceIp": addresses } };
    const Resource = `arn:aws:s3:::${site}/*`;
    const statement = { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource };
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: { ...statement, Condition },
    });
    await s3.send(new PutBucketPolicyCommand({ Bucket: site, Policy }));
  };
  await open(["127.0.0.0/8", "::1/128"]);
  expect(await (await fetch(url)).text()).toBe("hello");
  await open(["198.51.100.0/24"]);
  const headers = { "x-forwarded-for": "198.51.100.7", "x-real-ip": "198.51.100.7" };
  await expectError(await fetch(url, { headers }), 403, "AccessDenied");
});

test("HEAD without a signature is 403 with no body", async () => {
  const answer = await fetch(`${ledge.endpoint}/${Bucket}`, { method: "HEAD" });
  expect(answer.status).toBe(403);
  expect(await answer.text()).toBe("");
});

test("a wrong secret is SignatureDoesNotMatch, an unknown key InvalidAccessKeyId", async () => {
  const { accessKeyId } = ledge.credentials;
  const liar = sdkClient(ledge, { credentials: { accessKeyId, secretAccessKey: "wrong" } });
  await expectSdkError(liar.send(new ListBucketsCommand()), 403, "SignatureDoesNotMatch");
  const put = liar.send(new PutObjectCommand({ Bucket, Key: "liar", Body: "body" }));
  await expectSdkError(put, 403, "SignatureDoesNotMatch");
  await expectSdkError(s3.send(new HeadObjectCommand({ Bucket, Key: "liar" })), 404, "NotFound");

  const credentials = { ...ledge.credentials, accessKeyId: "nobody" };
  const stranger = sdkClient(ledge, { credentials });
  await expectSdkError(stranger.send(new ListBucketsCommand()), 403, "InvalidAccessKeyId");
});

test("a clock that is an hour off is RequestTimeTooSkewed", async () => {
  const late = sdkClient(ledge, { systemClockOffset: 3_600_000 });
  await expectSdkError(late.send(new ListBucketsCommand()), 403, "RequestTimeTooSkewed");
});

test("an operation that is not built is refused by its name", async () => {
  const answer = s3.send(new GetObjectTorrentCommand({ Bucket, Key: "key" }));
  await expect(answer).rejects.toMatchObject({
    name: "NotImplemented",
    message: "GetObjectTorrent is not implemented",
    $metadata: { httpStatusCode: 501 },
  });
});

test("a bucket can be named by the host", async () => {
  const hosted = sdkClient(ledge, {
    endpoint: `http://s3.localhost:${ledge.port}`,
    forcePathStyle: false,
    requestHandler: { httpAgent: new Agent({ lookup: alwaysThisMachine }) },
  });
  const Key = "hosted//a b.txt";
  await hosted.send(new PutObjectCommand({ Bucket, Key, Body: "body" }));
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  expect(await Body?.transformToString()).toBe("body");
  const { Contents = [] } = await hosted.send(new ListObjectsV2Command({ Bucket, Prefix: "hos" }));
  expect(Contents.map((object) => object.Key)).toEqual([Key]);
  expect((await hosted.send(new ListBucketsCommand())).Buckets).not.toHaveLength(0);
});

/** Not every system resolves names under `localhost`. */
const alwaysThisMachine: LookupFunction = (_hostname, { all }, callback) => {
  const address = { address: "127.0.0.1", family: 4 };
  if (all === true) callback(null, [address]);
  else callback(null, address.address, address.family);
};

test("an SDK on a machine whose clock is an hour slow corrects it, at a HEAD too", async () => {
  const slow = sdkClient(ledge, { maxAttempts: 2 });
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 3_600_000 });
  try {
    const { $metadata } = await slow.send(new HeadBucketCommand({ Bucket }));
    expect($metadata).toMatchObject({ httpStatusCode: 200, attempts: 2 });
  } finally {
    vi.useRealTimers();
  }
});
