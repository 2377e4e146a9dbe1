import { expect, test } from "vitest";
import type { S3Request } from "../../../../src/protocol/s3-request.ts";
import {
  CALLER,
  authenticated,
  EMPTY_SHA256,
  NOW_MS,
  refusal,
  s3Request,
  signed,
} from "./requests.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** A URL that is signed, and then has one parameter changed or taken away. */
async function urlWith(name: string, value: string | undefined): Promise<S3Request> {
  const { rawPath, rawQuery } = await signed({ presign: true });
  const query = new URLSearchParams(rawQuery);
  if (value === undefined) query.delete(name);
  else query.set(name, value);
  return s3Request({ target: `${rawPath}?${query.toString()}` });
}

test.for([
  { method: "GET", target: "/bucket/a%20b%2Bc/%C3%A9.txt" },
  { method: "PUT", target: "/bucket/key?X-Amz-Expires=604800" },
  { method: "PUT", target: "/bucket/key?partNumber=1&uploadId=a%2Fb" },
  { method: "GET", target: "/bucket?list-type=2&prefix=a%20b&X-Amz-Expires=1" },
])(
  "a URL presigned for $method $target by another implementation is its maker's",
  async (signing) => {
    const { caller, payload, signedRegion } = authenticated(
      await signed({ ...signing, presign: true }),
    );
    expect(caller).toBe(CALLER);
    expect(payload).toEqual({ kind: "plain", sha256Hex: undefined });
    expect(signedRegion?.region).toBe("us-east-1");
  },
);

test("AWS's own example of a presigned URL is valid", () => {
  const target =
    "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
  const headers = { host: "examplebucket.s3.amazonaws.com" };
  const request = s3Request({ target, bucket: "examplebucket", headers });
  expect(authenticated(request, Date.UTC(2013, 4, 24)).caller).toBe(CALLER);
});

test("a URL made by the JS SDK for a PUT has an unsigned payload and a checksum that is only a parameter", async () => {
  const target =
    "/bucket/key?x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32&x-id=PutObject&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD";
  const request = await signed({ method: "PUT", target, presign: true });
  expect(authenticated(request).payload).toEqual({ kind: "plain", sha256Hex: undefined });
  expect(request.headers.has("x-amz-checksum-crc32")).toBe(false);
});

test("a payload's hash that only its sender gives is not in the signature, and binds the sender", async () => {
  const request = await signed({ method: "PUT", presign: true });
  request.headers.set("x-amz-content-sha256", EMPTY_SHA256);
  expect(authenticated(request).payload).toEqual({ kind: "plain", sha256Hex: EMPTY_SHA256 });
});

test("a URL may be signed for a framed body", async () => {
  const headers = {
    "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "x-amz-decoded-content-length": "5",
    "x-amz-trailer": "x-amz-checksum-crc32",
  };
  const request = await signed({ method: "PUT", presign: true, headers });
  expect(authenticated(request).payload).toEqual({
    kind: "chunked",
    signer: undefined,
    trailerNames: ["x-amz-checksum-crc32"],
    decodedLengthBytes: 5,
  });
});

test("an x-amz header that the URL does not sign is AccessDenied", async () => {
  const request = await signed({ method: "PUT", presign: true });
  request.headers.set("x-amz-acl", "public-read");
  const { code, fields } = refusal(request);
  expect({ code, fields }).toEqual({
    code: "AccessDenied",
    fields: { HeadersNotSigned: "x-amz-acl" },
  });
});

test("a header that the URL signs must be sent as signed", async () => {
  const headers = { "content-type": "text/plain" };
  const request = await signed({ method: "PUT", presign: true, headers });
  expect(authenticated(request).caller).toBe(CALLER);
  request.headers.set("content-type", "text/html");
  expect(refusal(request).code).toBe("SignatureDoesNotMatch");
});

test("a parameter added to the URL is SignatureDoesNotMatch", async () => {
  const { code, fields } = refusal(await urlWith("response-content-type", "text/html"));
  expect(code).toBe("SignatureDoesNotMatch");
  expect(fields["CanonicalRequest"]).not.toContain("X-Amz-Signature");
});

test("a URL ends when its seconds are over", async () => {
  const request = await signed({ presign: true, target: "/bucket/key?X-Amz-Expires=600" });
  expect(authenticated(request, NOW_MS + 10 * MINUTE_MS - 1).caller).toBe(CALLER);
  const { code, message, fields } = refusal(request, NOW_MS + 10 * MINUTE_MS);
  expect({ code, message }).toEqual({ code: "AccessDenied", message: "Request has expired" });
  expect(fields).toEqual({
    "X-Amz-Expires": "600",
    Expires: "2026-11-23T05:10:00Z",
    ServerTime: "2026-11-23T05:10:00Z",
  });
});

test("a URL of a week is valid to the end of the week, whatever the clock's skew", async () => {
  const request = await signed({ presign: true, target: "/bucket/key?X-Amz-Expires=604800" });
  expect(authenticated(request, NOW_MS + 7 * DAY_MS - 1).caller).toBe(CALLER);
  expect(refusal(request, NOW_MS + 7 * DAY_MS).message).toBe("Request has expired");
});

test("a URL begins 15 minutes before its date", async () => {
  const request = await signed({ presign: true });
  expect(authenticated(request, NOW_MS - 15 * MINUTE_MS).caller).toBe(CALLER);
  const { code, message } = refusal(request, NOW_MS - 16 * MINUTE_MS);
  expect({ code, message }).toEqual({ code: "AccessDenied", message: "Request is not yet valid" });
});

test("a URL of 0 seconds has expired already", async () => {
  const request = await signed({ presign: true, target: "/bucket/key?X-Amz-Expires=0" });
  expect(refusal(request).message).toBe("Request has expired");
});

test.for([
  { expires: "604801", message: /must be less than a week/ },
  { expires: "-1", message: /must be non-negative/ },
  { expires: "undefined", message: /should be a number/ },
  { expires: "1.5", message: /should be a number/ },
])("X-Amz-Expires=$expires is AuthorizationQueryParametersError", async ({ expires, message }) => {
  const error = refusal(await urlWith("X-Amz-Expires", expires));
  expect(error.code).toBe("AuthorizationQueryParametersError");
  expect(error.status).toBe(400);
  expect(error.message).toMatch(message);
});

test.for([
  "X-Amz-Algorithm",
  "X-Amz-Credential",
  "X-Amz-Date",
  "X-Amz-Expires",
  "X-Amz-SignedHeaders",
  "X-Amz-Signature",
])("a URL without %s is AuthorizationQueryParametersError", async (name) => {
  for (const value of [undefined, ""]) {
    const { code, message } = refusal(await urlWith(name, value));
    expect(code).toBe("AuthorizationQueryParametersError");
    expect(message).toMatch(
      /^Query-string authentication version 4 requires the X-Amz-Algorithm, /,
    );
  }
});

test.for([
  { name: "X-Amz-Algorithm", value: "AWS4-HMAC-MD5", message: /^X-Amz-Algorithm only supports / },
  {
    name: "X-Amz-Credential",
    value: "x",
    message: /X-Amz-Credential parameter; the Credential is/,
  },
  { name: "X-Amz-Credential", value: "k/20261123/r/ec2/aws4_request", message: /service "ec2"/ },
  { name: "X-Amz-Credential", value: "k/20261123/r/s3/aws4", message: /terminal "aws4"/ },
  { name: "X-Amz-Credential", value: "k/1123/r/s3/aws4_request", message: /date format "1123"/ },
  { name: "X-Amz-Credential", value: "k/20261122/r/s3/aws4_request", message: /"20261122"\. This/ },
  { name: "X-Amz-SignedHeaders", value: "ho st", message: /X-Amz-SignedHeaders is mal-formed/ },
  { name: "X-Amz-Date", value: "Mon, 23 Nov 2026 05:00:00 GMT", message: /ISO8601 Long Format/ },
])("$name=$value is AuthorizationQueryParametersError", async ({ name, value, message }) => {
  const error = refusal(await urlWith(name, value));
  expect(error.code).toBe("AuthorizationQueryParametersError");
  expect(error.message).toMatch(message);
});

test("a URL signed with SigV4a is NotImplemented", async () => {
  const { code, message } = refusal(await urlWith("X-Amz-Algorithm", "AWS4-ECDSA-P256-SHA256"));
  expect(code).toBe("NotImplemented");
  expect(message).toContain("SigV4a");
});

test("a session token in a URL is InvalidToken, and an unknown key InvalidAccessKeyId", async () => {
  const target = "/bucket/key?X-Amz-Security-Token=a-token";
  expect(refusal(await signed({ presign: true, target })).code).toBe("InvalidToken");
  const request = await signed({ presign: true, accessKeyId: "AKIDUNKNOWN" });
  expect(refusal(request).code).toBe("InvalidAccessKeyId");
});
