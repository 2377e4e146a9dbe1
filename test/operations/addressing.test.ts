import { expect, test } from "vitest";
import { addressOf } from "../../src/http/address.ts";
import { S3Error } from "../../src/protocol/errors.ts";
import {
  elements,
  encodeKey,
  expectError,
  putObject,
  rawFetch,
  signedFetch,
  uniqueBucket,
} from "../support/client.ts";
import { completionOf, createUpload, putPart } from "../support/multipart.ts";

const LONGEST = "é".repeat(512);

test.for([
  "a//b",
  "/",
  "a+b",
  "a%2Fb",
  "a b",
  "a\u0001b",
  "a\0b",
  "😀",
  "dir/",
  "a&b=c?d#e",
  "a..b",
  LONGEST,
])("the key %j is stored and listed as it is", async (key) => {
  const bucket = await uniqueBucket();
  const path = `/${bucket}/${encodeKey(key)}`;
  expect((await signedFetch("PUT", path, { body: "x" })).status).toBe(200);
  const query = { "list-type": "2", "encoding-type": "url" };
  const list = await (await signedFetch("GET", `/${bucket}`, { query })).text();
  expect(elements(list, "Key").map(decodeURIComponent)).toEqual([key]);
  expect(await (await signedFetch("GET", path)).text()).toBe("x");
  expect((await signedFetch("DELETE", path)).status).toBe(204);
});

test.for([
  { url: "http://h/b/a/../c", bucket: "b", key: "a/../c" },
  { url: "http://h/b/%2e%2e/x", bucket: "b", key: "../x" },
  { url: "http://h/b//", bucket: "b", key: "/" },
  { url: "http://h/b/", bucket: "b", key: undefined },
  { url: "http://h/b", bucket: "b", key: undefined },
  { url: "http://h/", bucket: undefined, key: undefined },
  { url: "http://h", bucket: undefined, key: undefined },
  { url: "http://h/b/k?x=/y", bucket: "b", key: "k" },
  { url: "http://h/b/a+b%2Bc", bucket: "b", key: "a b+c" },
  { url: "http://h/b/a\\b", bucket: "b", key: "a\\b" },
])("$url is bucket $bucket and key $key", ({ url, bucket, key }) => {
  // A Request made in a test is normalized; one that arrives is not. So the raw URL is given by hand.
  const request = new Proxy(new Request("http://h/"), {
    get: (target, name) => (name === "url" ? url : Reflect.get(target, name, target)),
  });
  const address = addressOf(request, undefined);
  expect({ bucket: address.bucket, key: address.key }).toEqual({ bucket, key });
  expect(address.origin).toBe("http://h");
});

// aws4fetch, which signs the tests' requests, signs a plus as a space, and sends it as it is.
test("a plus in a path, sent by a client that signs it as a space, is the key with a space, as on AWS", async () => {
  const bucket = await uniqueBucket();
  const put = await signedFetch("PUT", `/${bucket}/a+b%2Bc`, { body: "x" });
  expect(put.status, await put.text()).toBe(200);
  const list = await (await signedFetch("GET", `/${bucket}`)).text();
  expect(elements(list, "Key")).toEqual(["a b+c"]);
  expect(await (await signedFetch("GET", `/${bucket}/a%20b%2Bc`)).text()).toBe("x");
  const missing = await signedFetch("GET", `/${bucket}/a+d`);
  expect(elements(await expectError(missing, 404, "NoSuchKey"), "Key")).toEqual(["a d"]);
});

test("the Location of an upload to a path with a plus names the key that it made", async () => {
  const bucket = await uniqueBucket();
  const uploadId = await createUpload(bucket, "a b");
  const part = await putPart(bucket, "a b", uploadId, 1, "x");
  const completed = await signedFetch("POST", `/${bucket}/a+b`, {
    query: { uploadId },
    body: completionOf([part]),
  });
  const document = await completed.text();
  expect(elements(document, "Location")).toEqual([`http://127.0.0.1:8787/${bucket}/a%20b`]);
});

test("a key of 1,025 bytes is KeyTooLongError, one of 1,024 is not", () => {
  expect(addressOf(new Request(`http://h/b/${encodeURIComponent(LONGEST)}`), undefined).key).toBe(
    LONGEST,
  );
  const tooLong = new Request(`http://h/b/${encodeURIComponent(`${LONGEST}x`)}`);
  expect(() => addressOf(tooLong, undefined)).toThrow(S3Error);
});

test.for(["%ff", "%zz", "%c3%28"])(
  "the path %s, which is no UTF-8, is InvalidURI",
  async (path) => {
    const bucket = await uniqueBucket();
    await expectError(await rawFetch(`http://127.0.0.1:8787/${bucket}/${path}`), 400, "InvalidURI");
  },
);

test("a bucket in the host name is virtual-hosted style", () => {
  const request = new Request("http://bkt.s3.localhost:8787/a/b", {
    headers: { host: "BKT.s3.localhost:8787" },
  });
  expect(addressOf(request, "s3.localhost")).toMatchObject({
    bucket: "bkt",
    key: "a/b",
    isVirtualHosted: true,
  });
  const plain = new Request("http://s3.localhost:8787/bkt/a", {
    headers: { host: "s3.localhost:8787" },
  });
  expect(addressOf(plain, "s3.localhost")).toMatchObject({
    bucket: "bkt",
    key: "a",
    isVirtualHosted: false,
  });
});

test("an unsigned request is AccessDenied, in a document that names the request", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "k", "secret");
  const response = await rawFetch(`http://127.0.0.1:8787/${bucket}/k`);
  const id = response.headers.get("x-amz-request-id");
  const document = await expectError(response, 403, "AccessDenied");
  expect(elements(document, "RequestId")).toEqual([id]);
  expect(elements(document, "HostId")).toEqual([response.headers.get("x-amz-id-2")]);
  expect(document).not.toContain("xmlns");
  expect((await rawFetch(`http://127.0.0.1:8787/${bucket}/k`, { method: "HEAD" })).status).toBe(
    403,
  );
});

test.for([
  { headers: { "access-control-request-method": "PUT" }, status: 400, method: undefined },
  {
    headers: { origin: "https://example.com", "access-control-request-method": "PUT" },
    status: 403,
    method: "PUT",
  },
  { headers: { origin: "https://example.com" }, status: 403, method: "OPTIONS" },
])("a preflight with $headers is $status", async ({ headers, status, method }) => {
  const refused = await rawFetch("http://127.0.0.1:8787/b/k", { method: "OPTIONS", headers });
  const code = status === 400 ? "BadRequest" : "AccessForbidden";
  const document = await expectError(refused, status, code);
  expect(elements(document, "Method")[0]).toBe(method);
});

test.for(["?acl", "?versions", "/k?tagging", "/k?uploadId=u"])(
  "HEAD with the subresource of %s is MethodNotAllowed, whether or not there is such a bucket",
  async (target) => {
    const head = await signedFetch("HEAD", `/no-such-bucket${target}`);
    expect([head.status, await head.text()]).toEqual([405, ""]);
    expect(head.headers.get("allow")).toContain("GET");
  },
);

test.for(["0000", "0000000000020", "abcd", "aa000000000$"])(
  "the expected owner %s is InvalidBucketOwnerAWSAccountID",
  async (owner) => {
    const headers = { "x-amz-expected-bucket-owner": owner };
    const refused = await signedFetch("GET", "/no-such-bucket", { headers });
    const document = await expectError(refused, 400, "InvalidBucketOwnerAWSAccountID");
    expect(elements(document, "Message")).toEqual([
      `The value of the expected bucket owner parameter must be an AWS Account ID... [${owner}]`,
    ]);
  },
);

test("health needs no signature", async () => {
  const response = await rawFetch("http://127.0.0.1:8787/_ledge/health");
  expect(await response.json()).toEqual({ status: "ok" });
});
