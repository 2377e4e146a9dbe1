import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { atRandom } from "../../support/campaign.ts";
import { RawSigner } from "../../support/raw-signer.ts";
import { expectError, uniqueBucket } from "../../support/client.ts";
import { sendRaw } from "../../support/raw-request.ts";
import { pick, seededRandom } from "../../support/seeded-random.ts";

const HOST = "127.0.0.1:8787";
const credentials = {
  accessKeyId: env.ROOT_ACCESS_KEY_ID,
  secretAccessKey: env.ROOT_SECRET_ACCESS_KEY,
};
const signer = new RawSigner(credentials, HOST);

test.for([
  "http://[/b/k",
  "http://h:99999/b/k",
  "http://h:x/",
  "http://a, b/",
  "http://a b/k",
  "http://é/k",
  "http://h*",
  "http:///",
])("a request for %s, which names no host, is BadRequest", async (url) => {
  await expectError(await sendRaw({ url }), 400, "BadRequest");
});

test.for(["http://h", "http://h:/", "http://[::1]:8787/", "http://a_b.localhost:65535/"])(
  "a request for %s names a host",
  async (url) => {
    await expectError(await sendRaw({ url }), 403, "AccessDenied");
  },
);

test.for([
  { query: "X-Amz-Signature=1&a%5Bb%5D=1", status: 400, code: "AuthorizationQueryParametersError" },
  { query: "Signature=1&a;b=1", status: 403, code: "AccessDenied" },
  { query: "Signature=1&x-amz-a%5B=1", status: 403, code: "AccessDenied" },
  { query: "Signature=1&x-amz-meta-a=v%0D%0Ax:y", status: 400, code: "InvalidArgument" },
  { query: "X-Amz-Signature=1&if-match=%00", status: 400, code: "InvalidArgument" },
  {
    query: "AWSAccessKeyId=ledge&Expires=99999999999&Signature=1&x-amz-a%5B=v",
    status: 403,
    code: "SignatureDoesNotMatch",
  },
])("?$query is $code", async ({ query, status, code }) => {
  await expectError(await sendRaw({ url: `http://${HOST}/b/k?${query}` }), status, code);
});

const HUGE = '"'.repeat(400_000);
const MANY_NAMES = Array.from({ length: 40_000 }, (_, at) => `a${at}`).join(";");
const SIGNED_V4 = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/DAY/us-east-1/s3/aws4_request`;

test.for([
  { what: "an unknown scheme", status: 400, authorization: `X ${HUGE}` },
  {
    what: "a credential's date",
    status: 400,
    authorization: `${SIGNED_V4.replace("DAY", HUGE)}, SignedHeaders=host, Signature=0`,
  },
  {
    what: "a signature of SigV2",
    status: 403,
    authorization: `AWS ${credentials.accessKeyId}:${HUGE}`,
  },
  {
    what: "a signature of SigV4",
    status: 403,
    authorization: `${SIGNED_V4}, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${HUGE}`,
  },
  {
    what: "a list of signed headers",
    status: 400,
    authorization: `${SIGNED_V4}, SignedHeaders=host;x-amz-content-sha256;x-amz-date;${MANY_NAMES}, Signature=0`,
  },
])("a refusal does not tell a long request again: $what", async ({ status, authorization }) => {
  const amzDate = new Date().toISOString().replaceAll(/[-:]|\.\d{3}/g, "");
  const headers = {
    host: HOST,
    "x-amz-date": amzDate,
    "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
    authorization: authorization.replace("DAY", amzDate.slice(0, 8)),
  };
  const answer = await sendRaw({ url: `http://${HOST}/b/k`, headers });
  expect(answer.status).toBe(status);
  expect((await answer.text()).length).toBeLessThan(256 * 1024);
});

test("a presigned URL may have a parameter whose name no header can have", async () => {
  const bucket = await uniqueBucket();
  for (const name of ["user%5Bid%5D", "x-amz-meta-a%5Bb%5D", "a%3Bb"]) {
    const put = await signer.presign("PUT", `/${bucket}/k`, { [name]: "42" });
    const headers = { host: HOST, "content-length": "0" };
    const answer = await sendRaw({ method: "PUT", url: `http://${HOST}${put}`, headers });
    expect(answer.status, await answer.text()).toBe(200);
  }
});

const METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"];
const HOSTS = [
  HOST,
  HOST,
  HOST,
  "[",
  "h:99999",
  "a, b",
  "b.s3.localhost",
  "..s3.localhost",
  "",
  "h*",
];
const PATHS = [
  "",
  "/",
  "//",
  "/b",
  "/b/",
  "/b/k",
  "/b/../k",
  "/b/%",
  "/b/%ff",
  "/%00/k",
  "/_ledge/health",
  "/_ledge/x",
  "/b/\\",
  `/b/${"é".repeat(600)}`,
];
const TEXTS = [
  "",
  "1",
  "a[b]",
  "a;b",
  " ",
  "\0",
  "\r\nx: y",
  "\u007f",
  "é",
  "😀",
  "*",
  '"',
  "%",
  "&=",
  "x".repeat(9000),
];
const NAMES = [
  "x-amz-meta-a",
  "x-amz-copy-source",
  "x-amz-content-sha256",
  "x-amz-checksum-crc32",
  "x-amz-tagging",
  "x-amz-security-token",
  "x-amz-trailer",
  "x-amz-expected-bucket-owner",
  "content-type",
  "content-md5",
  "if-match",
  "range",
  "expires",
  "origin",
  "access-control-request-method",
  "authorization",
];
const PARAMETERS = [
  ...NAMES,
  "X-Amz-Signature",
  "X-Amz-Algorithm",
  "X-Amz-Credential",
  "X-Amz-SignedHeaders",
  "Signature",
  "AWSAccessKeyId",
  "Expires",
  "acl",
  "uploadId",
  "partNumber",
  "versionId",
  "list-type",
  "x-amz-",
  "x-amz-a[",
  "__proto__",
  "constructor",
];

const ROUNDS = atRandom({ test: 600, campaign: 30_000 });

test("no request leaves S3's form of an answer", async () => {
  const random = seededRandom(5);
  const anyText = (): string =>
    random(3) === 0 ? pick(random, TEXTS) : pick(random, TEXTS) + pick(random, TEXTS);
  const aFew = <T>(make: () => T): T[] => Array.from({ length: random(4) }, make);
  for (let round = 0; round < ROUNDS; round += 1) {
    const method = pick(random, METHODS);
    const path = pick(random, PATHS);
    const query = aFew(() => [encodeURIComponent(pick(random, PARAMETERS)), anyText()] as const);
    const search = query.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
    const isSigned = random(2) === 0 && !path.includes("é");
    const target = isSigned
      ? await signer.presign(method, path, Object.fromEntries(query))
      : `${path}?${search}`;
    const url = `http://${isSigned ? HOST : pick(random, HOSTS)}${target}`;
    const headers = aFew(() => [pick(random, NAMES), headerValue(anyText())] as const);
    const response = await sendRaw({
      method,
      url,
      headers: { host: HOST, ...Object.fromEntries(headers) },
    });
    await expectS3Form(response, method, path, JSON.stringify({ round, method, url, headers }));
  }
});

/** What a Request takes as a header's value. */
function headerValue(text: string): string {
  return text.replaceAll(/[\0\r\n]/g, "?");
}

async function expectS3Form(
  response: Response,
  method: string,
  path: string,
  request: string,
): Promise<void> {
  if (path === "/_ledge/health" && response.ok) return;
  const requestId = response.headers.get("x-amz-request-id") ?? "none";
  const document = await response.text();
  // 503: strangers have asked for too many buckets within a second, as these do.
  expect([501, 503, ...range(200, 499)], `${request} ${document}`).toContain(response.status);
  expect(requestId, request).toMatch(/^[0-9A-Z]{16}$/);
  if (response.status < 400 || method === "HEAD") return;
  expect(response.headers.get("content-type"), request).toBe("application/xml");
  expect(document, request).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<Error><Code>\w+</);
  expect(document, request).toContain(`<RequestId>${requestId}</RequestId>`);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
