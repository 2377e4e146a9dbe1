import { expect, test } from "vitest";
import { authenticate } from "../../../../src/domain/auth/authenticate.ts";
import { S3Error } from "../../../../src/protocol/errors.ts";
import { authenticated, EMPTY_SHA256, NOW_MS, refusal, s3Request, signed } from "./requests.ts";

test.for([{ headers: {} }, { headers: { authorization: "" } }])(
  "a request that nobody signed is anonymous",
  ({ headers }) => {
    const request = s3Request({ headers });
    expect(authenticated(request)).toEqual({
      caller: { kind: "anonymous" },
      payload: { kind: "plain", sha256Hex: undefined },
      signedRegion: undefined,
      request,
    });
  },
);

test.for([
  { target: "/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256", authorization: "AWS key:signature" },
  { target: "/b/k?X-Amz-Signature=00", authorization: "AWS4-HMAC-SHA256 x" },
  { target: "/b/k?AWSAccessKeyId=a&Signature=b&Expires=1", authorization: "AWS key:signature" },
  { target: "/b/k?Signature=b&X-Amz-Algorithm=AWS4-HMAC-SHA256", authorization: "" },
])("$target with Authorization '$authorization' is two signatures, and InvalidArgument", (row) => {
  const { target, authorization } = row;
  const { code, message, fields } = refusal(s3Request({ target, headers: { authorization } }));
  expect(code).toBe("InvalidArgument");
  expect(message).toBe(
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
  );
  expect(fields).toEqual({ ArgumentName: "Authorization", ArgumentValue: authorization });
});

test.for(["Bearer token", "Basic dXNlcjpwYXNz", "AWS4-HMAC-SHA1 Credential=x", "constructor x"])(
  "Authorization '%s' is InvalidArgument",
  (authorization) => {
    const { code, message, fields } = refusal(s3Request({ headers: { authorization } }));
    expect({ code, message }).toEqual({
      code: "InvalidArgument",
      message: "Unsupported Authorization Type",
    });
    expect(fields).toEqual({ ArgumentName: "Authorization", ArgumentValue: authorization });
  },
);

test("an Authorization of one word is InvalidArgument", () => {
  const { code, message } = refusal(s3Request({ headers: { authorization: "AWS4-HMAC-SHA256" } }));
  expect(code).toBe("InvalidArgument");
  expect(message).toContain("one and only one ' ' (space) required");
});

test("SigV4a in the Authorization is NotImplemented and named", () => {
  const headers = {
    authorization: "AWS4-ECDSA-P256-SHA256 Credential=key/20261123/s3/aws4_request",
  };
  const { code, message } = refusal(s3Request({ headers }));
  expect(code).toBe("NotImplemented");
  expect(message).toContain("SigV4a");
});

test("what the look-up of a key throws is thrown on", async () => {
  const request = await signed();
  const find = () => {
    throw new S3Error("SlowDown");
  };
  expect(() => authenticate(request, find, NOW_MS)).toThrow(new S3Error("SlowDown"));
});

async function payloadFor(headers: Readonly<Record<string, string>>) {
  return authenticated(await signed({ method: "PUT", headers })).payload;
}

test("a framed body is known by x-amz-content-sha256 alone", async () => {
  const payload = await payloadFor({
    "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "x-amz-decoded-content-length": "1048576",
  });
  expect(payload).toMatchObject({
    kind: "chunked",
    trailerNames: [],
    decodedLengthBytes: 1_048_576,
    signer: { verifyChunk: expect.any(Function) },
  });
});

test("Content-Encoding: aws-chunked with a plain hash is no framing", async () => {
  const payload = await payloadFor({
    "content-encoding": "aws-chunked",
    "x-amz-content-sha256": EMPTY_SHA256,
  });
  expect(payload).toEqual({ kind: "plain", sha256Hex: EMPTY_SHA256 });
});

test("the trailers announced are told in lower case, and only in a mode that has trailers", async () => {
  const headers = {
    "x-amz-trailer": "X-Amz-Checksum-CRC32, x-amz-meta-a",
    "x-amz-decoded-content-length": "0",
  };
  const unsigned = { "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER" };
  expect(await payloadFor({ ...headers, ...unsigned })).toEqual({
    kind: "chunked",
    signer: undefined,
    trailerNames: ["x-amz-checksum-crc32", "x-amz-meta-a"],
    decodedLengthBytes: 0,
  });
  const withoutTrailer = { "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" };
  expect(await payloadFor({ ...headers, ...withoutTrailer })).toMatchObject({ trailerNames: [] });
});

test.for([undefined, "", "-1", "5 bytes", "1e3"])(
  "a framed body of decoded length %s is MissingContentLength",
  async (length) => {
    const headers = {
      "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      ...(length !== undefined && { "x-amz-decoded-content-length": length }),
    };
    const { code, status } = refusal(await signed({ method: "PUT", headers }));
    expect({ code, status }).toEqual({ code: "MissingContentLength", status: 411 });
  },
);

test.for(["", "UNSIGNED", EMPTY_SHA256.slice(1), "streaming-unsigned-payload-trailer", "toString"])(
  "x-amz-content-sha256 '%s' is InvalidArgument",
  async (claim) => {
    const request = await signed();
    request.headers.set("x-amz-content-sha256", claim);
    const { code, message, fields } = refusal(request);
    expect(code).toBe("InvalidArgument");
    expect(message).toMatch(/^x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-/);
    expect(fields).toEqual({ ArgumentName: "x-amz-content-sha256", ArgumentValue: claim });
  },
);

test.for([
  "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
  "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER",
])("%s is NotImplemented", async (claim) => {
  const { code, message } = refusal(await signed({ headers: { "x-amz-content-sha256": claim } }));
  expect(code).toBe("NotImplemented");
  expect(message).toContain("SigV4a");
});
