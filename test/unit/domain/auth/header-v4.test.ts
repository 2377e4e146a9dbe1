import { expect, test } from "vitest";
import {
  ACCESS_KEY_ID,
  CALLER,
  AMZ_DATE,
  authenticated,
  authorization,
  EMPTY_SHA256,
  HOST,
  NOW_MS,
  refusal,
  s3Request,
  SCOPE,
  signCanonical,
  signed,
} from "./requests.ts";

const MINUTE_MS = 60_000;

test.for([
  { method: "GET", target: "/" },
  { method: "GET", target: "/bucket?list-type=2&prefix=a%20b%2F&delimiter=%2F&encoding-type=url" },
  { method: "GET", target: "/bucket/?uploads" },
  { method: "GET", target: "/bucket?x-id=ListObjects&prefix=%C3%A9%2B&max-keys=1" },
  { method: "HEAD", target: "/bucket/a%20b%2Bc/%C3%A9.txt" },
  { method: "PUT", target: "/bucket/(a)'!*~$&@=;:,", body: "hello" },
  { method: "DELETE", target: "/bucket/urn:oid:123?versionId=null" },
  { method: "GET", target: "/bucket/k", headers: { "x-amz-meta-name": "é" } },
  { method: "GET", target: "/bucket/k", headers: { range: "bytes=0-4", "if-match": '"a"' } },
])("$method $target signed by another implementation is its caller's", async (signing) => {
  const { caller, payload, signedRegion } = authenticated(await signed(signing));
  expect(caller).toBe(CALLER);
  expect(payload).toEqual({ kind: "plain", sha256Hex: undefined });
  expect(signedRegion?.region).toBe("us-east-1");
});

test("AWS's own example of a GET with a range is valid", () => {
  const signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
  const { caller, payload } = authenticated(
    s3Request({
      target: "/test.txt",
      bucket: "examplebucket",
      headers: {
        host: "examplebucket.s3.amazonaws.com",
        range: "bytes=0-9",
        "x-amz-content-sha256": EMPTY_SHA256,
        "x-amz-date": "20130524T000000Z",
        authorization: authorization(
          "host;range;x-amz-content-sha256;x-amz-date",
          signature,
          "20130524/us-east-1/s3/aws4_request",
        ),
      },
    }),
    Date.UTC(2013, 4, 24),
  );
  expect(caller).toBe(CALLER);
  expect(payload).toEqual({ kind: "plain", sha256Hex: EMPTY_SHA256 });
});

test("the region that was signed for is told, whichever it is", async () => {
  expect(authenticated(await signed({ region: "auto" })).signedRegion?.region).toBe("auto");
});

test("the hash that the signature covers is what the body must have", async () => {
  const headers = { "x-amz-content-sha256": EMPTY_SHA256.toUpperCase() };
  expect(authenticated(await signed({ method: "PUT", headers })).payload).toEqual({
    kind: "plain",
    sha256Hex: EMPTY_SHA256,
  });
});

test("x-amz-content-sha256 need not be among the signed headers, as its value is signed anyway", () => {
  const canonical = `GET\n/bucket/key\n\nhost:${HOST}\nx-amz-date:${AMZ_DATE}\n\nhost;x-amz-date\n${EMPTY_SHA256}`;
  const headers = {
    "x-amz-date": AMZ_DATE,
    "x-amz-content-sha256": EMPTY_SHA256,
    authorization: authorization("host;x-amz-date", signCanonical(canonical)),
  };
  expect(authenticated(s3Request({ headers })).caller).toBe(CALLER);
});

test("a Date stands in for a missing x-amz-date", () => {
  const date = "Mon, 23 Nov 2026 05:00:00 GMT";
  const canonical = `GET\n/bucket/key\n\ndate:${date}\nhost:${HOST}\nx-amz-content-sha256:${EMPTY_SHA256}\n\ndate;host;x-amz-content-sha256\n${EMPTY_SHA256}`;
  const signature = signCanonical(canonical);
  const headers = {
    date,
    "x-amz-content-sha256": EMPTY_SHA256,
    authorization: authorization("date;host;x-amz-content-sha256", signature),
  };
  expect(authenticated(s3Request({ headers })).caller).toBe(CALLER);
});

test.for(["x-absent", "constructor"])(
  "a signed header that is not there counts as empty",
  (name) => {
    const names = `host;${name};x-amz-content-sha256;x-amz-date`;
    const canonical = `GET\n/bucket/key\n\nhost:${HOST}\n${name}:\nx-amz-content-sha256:${EMPTY_SHA256}\nx-amz-date:${AMZ_DATE}\n\n${names}\n${EMPTY_SHA256}`;
    const headers = {
      "x-amz-date": AMZ_DATE,
      "x-amz-content-sha256": EMPTY_SHA256,
      authorization: authorization(names, signCanonical(canonical)),
    };
    expect(authenticated(s3Request({ headers })).caller).toBe(CALLER);
  },
);

test("a request changed after it was signed is SignatureDoesNotMatch, with what was compared", async () => {
  const request = await signed({ target: "/bucket/mine" });
  const { code, status, fields } = refusal({ ...request, rawPath: "/bucket/yours" });
  expect({ code, status }).toEqual({ code: "SignatureDoesNotMatch", status: 403 });
  const { CanonicalRequest = "", StringToSign = "" } = fields;
  expect(CanonicalRequest.split("\n").slice(0, 3)).toEqual(["GET", "/bucket/yours", ""]);
  expect(StringToSign.split("\n").slice(0, 3)).toEqual(["AWS4-HMAC-SHA256", AMZ_DATE, SCOPE]);
  expect(fields["AWSAccessKeyId"]).toBe(ACCESS_KEY_ID);
  expect(fields["SignatureProvided"]).toMatch(/^[0-9a-f]{64}$/);
  expect(fields["StringToSignBytes"]).toMatch(/^41 57 53 34 2d( [0-9a-f]{2})+$/);
  expect(fields["CanonicalRequestBytes"]).toMatch(/^47 45 54 0a 2f( [0-9a-f]{2})+$/);
});

test.for([
  { because: "the method", change: { method: "DELETE" } },
  { because: "the query", change: { rawQuery: "versionId=null" } },
])("$because changed is SignatureDoesNotMatch", async ({ change }) => {
  expect(refusal({ ...(await signed()), ...change }).code).toBe("SignatureDoesNotMatch");
});

test("a signed header changed is SignatureDoesNotMatch", async () => {
  const request = await signed({ headers: { "content-type": "text/plain" } });
  expect(authenticated(request).caller).toBe(CALLER);
  request.headers.set("content-type", "text/html");
  expect(refusal(request).code).toBe("SignatureDoesNotMatch");
});

test("a signature made with another secret, or cut short, is SignatureDoesNotMatch", async () => {
  expect(refusal(await signed({ secret: "another" })).code).toBe("SignatureDoesNotMatch");
  const request = await signed();
  request.headers.set("authorization", request.headers.get("authorization")?.slice(0, -1) ?? "");
  expect(refusal(request).code).toBe("SignatureDoesNotMatch");
});

test("an unknown access key is InvalidAccessKeyId and named", async () => {
  const { code, status, fields } = refusal(await signed({ accessKeyId: "AKIDUNKNOWN" }));
  expect({ code, status }).toEqual({ code: "InvalidAccessKeyId", status: 403 });
  expect(fields).toEqual({ AWSAccessKeyId: "AKIDUNKNOWN" });
});

test("a session token is InvalidToken, as there are no temporary credentials", async () => {
  const request = await signed({ headers: { "x-amz-security-token": "a-token" } });
  const { code, status, fields } = refusal(request);
  expect({ code, status, fields }).toEqual({
    code: "InvalidToken",
    status: 400,
    fields: { "Token-0": "a-token" },
  });
});

test.for([-16, 16])("a signature %i minutes from now is RequestTimeTooSkewed", async (minutes) => {
  const { code, status, fields } = refusal(await signed(), NOW_MS - minutes * MINUTE_MS);
  expect({ code, status }).toEqual({ code: "RequestTimeTooSkewed", status: 403 });
  expect(fields).toEqual({
    RequestTime: AMZ_DATE,
    ServerTime: minutes < 0 ? "2026-11-23T05:16:00Z" : "2026-11-23T04:44:00Z",
    MaxAllowedSkewMilliseconds: "900000",
  });
});

test.for([-15, 15])("a signature %i minutes from now is still valid", async (minutes) => {
  expect(authenticated(await signed(), NOW_MS - minutes * MINUTE_MS).caller).toBe(CALLER);
});

test.for([undefined, "", "yesterday", "2026-11-23T05:00:00Z", "Tue, 07 Jul 1950 21:53:04 GMT"])(
  "x-amz-date %s without a Date is AccessDenied",
  async (amzDate) => {
    const request = await signed();
    request.headers.delete("x-amz-date");
    if (amzDate !== undefined) request.headers.set("x-amz-date", amzDate);
    const { code, message } = refusal(request);
    expect(code).toBe("AccessDenied");
    expect(message).toBe("AWS authentication requires a valid Date or x-amz-date header");
  },
);

test("an x-amz header that is not signed is AccessDenied and named; any other may go unsigned", async () => {
  const request = await signed();
  request.headers.set("range", "bytes=0-1");
  request.headers.set("x-amzn-trace-id", "Root=1");
  expect(authenticated(request).caller).toBe(CALLER);
  request.headers.set("x-amz-acl", "public-read");
  request.headers.set("x-amz-meta-a", "1");
  const { code, message, fields } = refusal(request);
  expect(code).toBe("AccessDenied");
  expect(message).toBe("There were headers present in the request which were not signed");
  expect(fields).toEqual({ HeadersNotSigned: "x-amz-acl, x-amz-meta-a" });
});

test("a signature that leaves out the host is AccessDenied", () => {
  const headers = {
    "x-amz-date": AMZ_DATE,
    "x-amz-content-sha256": EMPTY_SHA256,
    authorization: authorization("x-amz-content-sha256;x-amz-date", "0".repeat(64)),
  };
  const { code, fields } = refusal(s3Request({ headers }));
  expect({ code, fields }).toEqual({ code: "AccessDenied", fields: { HeadersNotSigned: "host" } });
});

const CREDENTIAL = `Credential=${ACCESS_KEY_ID}/${SCOPE}`;
const REST = "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=00";

test.for([
  { components: `Credential=x, ${REST}`, reason: 'the Credential is mal-formed; expecting "' },
  { components: `Credential=/${SCOPE}, ${REST}`, reason: "the Credential is mal-formed" },
  { components: `Credential=k/2026/r/s3/aws4_request, ${REST}`, reason: 'date format "2026"' },
  { components: `Credential=k/20261123/r/ec2/aws4_request, ${REST}`, reason: 'service "ec2"' },
  { components: `Credential=k/20261123/r/s3/aws4, ${REST}`, reason: 'terminal "aws4"' },
  { components: `Credential=k/20261122/r/s3/aws4_request, ${REST}`, reason: '"20261122". This' },
  { components: REST, reason: "missing Credential." },
  { components: `${CREDENTIAL}, Signature=00`, reason: "missing SignedHeaders." },
  { components: `${CREDENTIAL}, SignedHeaders=host`, reason: "missing Signature." },
  { components: `${CREDENTIAL}, SignedHeaders=host, Signature=`, reason: "missing Signature." },
  { components: `${CREDENTIAL}, SignedHeaders=ho st, Signature=00`, reason: "SignedHeaders is" },
  { components: `${CREDENTIAL}, SignedHeaders=host;, Signature=00`, reason: "SignedHeaders is" },
  { components: `${CREDENTIAL}, SignedHeaders=host;a;a, Signature=00`, reason: "SignedHeaders is" },
  { components: `${CREDENTIAL}, SignedHeaders=host;A, Signature=00`, reason: "SignedHeaders is" },
  { components: `${CREDENTIAL}, host, Signature=00`, reason: 'component "host" is malformed' },
])("$reason is AuthorizationHeaderMalformed", ({ components, reason }) => {
  const headers = {
    "x-amz-date": AMZ_DATE,
    "x-amz-content-sha256": EMPTY_SHA256,
    authorization: `AWS4-HMAC-SHA256 ${components}`,
  };
  const { code, status, message } = refusal(s3Request({ headers }));
  expect({ code, status }).toEqual({ code: "AuthorizationHeaderMalformed", status: 400 });
  expect(message).toMatch(/^The authorization header is malformed; /);
  expect(message).toContain(reason);
});

test("the components come in any order, with or without a space between them", async () => {
  const request = await signed();
  const components = request.headers.get("authorization")?.slice(17).split(", ") ?? [];
  request.headers.set("authorization", `AWS4-HMAC-SHA256 ${components.toReversed().join(",")}`);
  expect(authenticated(request).caller).toBe(CALLER);
});

test("no x-amz-content-sha256 is InvalidRequest", async () => {
  const request = await signed();
  request.headers.delete("x-amz-content-sha256");
  const { code, message } = refusal(request);
  expect(code).toBe("InvalidRequest");
  expect(message).toBe("Missing required header for this request: x-amz-content-sha256");
});
