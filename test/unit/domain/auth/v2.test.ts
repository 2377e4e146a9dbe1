import { expect, test } from "vitest";
import { ACCESS_KEY_ID, CALLER, authenticated, NOW_MS, refusal, s3Request } from "./requests.ts";
import { byHeader, byUrl, DATE, EXPIRES, signature } from "./requests-v2.ts";

const BUCKET = "awsexamplebucket1";

// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
test.for([
  {
    example: "Object GET",
    target: "/photos/puppy.jpg",
    bucket: BUCKET,
    headers: { date: "Tue, 27 Mar 2007 19:36:42 +0000" },
    expected: "qgk2+6Sv9/oM7G3qLEjTH1a1l1g=",
  },
  {
    example: "Object PUT",
    method: "PUT",
    target: "/photos/puppy.jpg",
    bucket: BUCKET,
    headers: { "content-type": "image/jpeg", date: "Tue, 27 Mar 2007 21:15:45 +0000" },
    expected: "iqRzw+ileNPu1fhspnRs8nOjjIA=",
  },
  {
    example: "List",
    target: "/?prefix=photos&max-keys=50&marker=puppy",
    bucket: BUCKET,
    headers: { date: "Tue, 27 Mar 2007 19:42:41 +0000" },
    expected: "m0WP8eCtspQl5Ahe6L1SozdX9YA=",
  },
  {
    example: "Fetch",
    target: "/?acl",
    bucket: BUCKET,
    headers: { date: "Tue, 27 Mar 2007 19:44:46 +0000" },
    expected: "82ZHiFIjc+WbcwFKGUVEQspPn+0=",
  },
  {
    example: "Delete",
    method: "DELETE",
    target: `/${BUCKET}/photos/puppy.jpg`,
    headers: { date: "Tue, 27 Mar 2007 21:20:26 +0000" },
    expected: "XbyTlbQdu9Xw5o8P4iMwPktxQd8=",
  },
  {
    example: "Upload",
    method: "PUT",
    target: "/db-backup.dat.gz",
    bucket: "static.example.com",
    headers: {
      date: "Tue, 27 Mar 2007 21:06:08 +0000",
      "x-amz-acl": "public-read",
      "content-type": "application/x-download",
      "content-md5": "4gJE4saaMU4BqNR0kLY+lw==",
      "x-amz-meta-reviewedby": "joe@example.com, jane@example.com",
      "x-amz-meta-filechecksum": "0x02661779",
      "x-amz-meta-checksumalgorithm": "crc32",
      "content-disposition": "attachment; filename=database.dat",
      "content-encoding": "gzip",
    },
    expected: "jtBQa0Aq+DkULFI8qrpwIjGEx0E=",
  },
  {
    example: "List all my buckets",
    target: "/",
    headers: { date: "Wed, 28 Mar 2007 01:29:59 +0000" },
    expected: "qGdzdERIC03wnaRNKh6OqZehG9s=",
  },
  {
    example: "Unicode keys",
    target: "/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re",
    headers: { date: "Wed, 28 Mar 2007 01:49:49 +0000" },
    expected: "DNEZGsoieTZ92F3bUfSPQcbGmlM=",
  },
])("AWS's example '$example' is valid", ({ headers, expected, ...parts }) => {
  const request = s3Request({
    ...parts,
    headers: new Headers({ ...headers, authorization: `AWS ${ACCESS_KEY_ID}:${expected}` }),
  });
  const { caller, payload, signedRegion } = authenticated(request, Date.parse(headers.date));
  expect(caller).toBe(CALLER);
  expect(payload).toEqual({ kind: "plain", sha256Hex: undefined });
  expect(signedRegion).toBeUndefined();
});

test("AWS's example of a signed URL is valid", () => {
  const target =
    "/photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620";
  const request = s3Request({ target, bucket: "johnsmith" });
  expect(authenticated(request, 1_175_139_620_000 - 1).caller).toBe(CALLER);
});

// Made by botocore 1.43.11, whose default this is.
const PUT = "x-amz-meta-x=y%20z&content-type=text%2Fplain&Expires=1800000600";
const GET =
  "response-content-type=text%2Fhtml%3B%20charset%3Dutf-8&versionId=null&AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=dQTN8jeqpCdRyTxFiR2Y3SAkhyE%3D&Expires=1800000600";
const LIST =
  "list-type=2&prefix=a%20b&encoding-type=url&AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=o0EY0DTPEQWj%2Bf%2BlJCLAR9kjs3M%3D&Expires=1800000600";
const KEY = "/a%20b%2Bc/%C3%A9.txt";

test.for([
  {
    method: "PUT",
    path: KEY,
    query: `AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=owXHsPqpyB7Cl1BbHImGs6FMOxU%3D&${PUT}`,
  },
  { method: "GET", path: KEY, query: GET },
  { method: "GET", path: "", query: LIST },
])("boto3's URL for $method $path is valid in both styles", ({ method, path, query }) => {
  const nowMs = 1_800_000_000_000;
  const pathStyle = s3Request({ method, target: `/bkt${path}?${query}` });
  expect(authenticated(pathStyle, nowMs).caller).toBe(CALLER);
  const target = `${path === "" ? "/" : path}?${query}`;
  const headers = { host: "bkt.s3.example.com" };
  const hosted = s3Request({ method, target, bucket: "bkt", headers });
  expect(authenticated(hosted, nowMs).caller).toBe(CALLER);
});

test("x-amz-date takes the place of Date, which is then not signed", () => {
  const headers = { "x-amz-date": DATE, date: "Tue, 07 Jul 2020 21:53:04 GMT" };
  const toSign = `GET\n\n\n\nx-amz-date:${DATE}\n/bucket/key`;
  expect(authenticated(byHeader(toSign, { headers })).caller).toBe(CALLER);
});

test("escapes that a proxy normalized are found as they were signed, if they were canonical", () => {
  const target = "/bucket/%c3%a9%7E";
  const toSign = `GET\n\n\n${DATE}\n/bucket/%C3%A9~`;
  expect(authenticated(byHeader(toSign, { target, headers: { date: DATE } })).caller).toBe(CALLER);
});

test("an x-amz header added to a signed URL is SignatureDoesNotMatch, in its query too", () => {
  const toSign = `PUT\n\n\n${EXPIRES}\n/bucket/key`;
  const method = "PUT";
  expect(authenticated(byUrl(toSign, { method })).caller).toBe(CALLER);
  const withHeader = byUrl(toSign, { method, headers: { "x-amz-acl": "public-read" } });
  expect(refusal(withHeader).code).toBe("SignatureDoesNotMatch");
  for (const name of ["x-amz-acl", "X-Amz-Acl"]) {
    const target = `/bucket/key?${name}=public-read`;
    expect(refusal(byUrl(toSign, { method, target })).code).toBe("SignatureDoesNotMatch");
  }
});

test("a space put into a signed header is taken out again, so that it names what its signer named", () => {
  const headers = { date: DATE, "x-amz-copy-source": "/b/a, b", "cache-control": "a, b" };
  const toSign = `PUT\n\n\n${DATE}\nx-amz-copy-source:/b/a,b\n/bucket/key`;
  const { request } = authenticated(byHeader(toSign, { method: "PUT", headers }));
  expect(request.headers.get("x-amz-copy-source")).toBe("/b/a,b");
  expect(request.headers.get("cache-control")).toBe("a, b");
});

test("a space put into a header that stands in a URL is SignatureDoesNotMatch", () => {
  const toSign = `PUT\n\n\n${EXPIRES}\nx-amz-meta-a:1,2\n/bucket/key`;
  const method = "PUT";
  const signed = byUrl(toSign, { method, target: "/bucket/key?x-amz-meta-a=1,2" });
  expect(authenticated(signed).caller).toBe(CALLER);
  const changed = byUrl(toSign, { method, target: "/bucket/key?x-amz-meta-a=1,%202" });
  expect(refusal(changed).code).toBe("SignatureDoesNotMatch");
});

test("a plus in the signature of a URL need not be encoded", () => {
  const toSign = `GET\n\n\n${EXPIRES}\n/bucket/key`;
  const request = byUrl(toSign);
  // Whichever characters the signature has, as a form decoder leaves them.
  request.query.set("Signature", signature(toSign).replaceAll("+", " "));
  expect(authenticated(request).caller).toBe(CALLER);
});

test("a changed request is SignatureDoesNotMatch, with what was signed", () => {
  const request = byHeader(`GET\n\n\n${DATE}\n/bucket/mine`, { headers: { date: DATE } });
  const { code, fields } = refusal(request);
  expect(code).toBe("SignatureDoesNotMatch");
  expect(fields).toEqual({
    AWSAccessKeyId: ACCESS_KEY_ID,
    StringToSign: `GET\n\n\n${DATE}\n/bucket/key`,
    SignatureProvided: signature(`GET\n\n\n${DATE}\n/bucket/mine`),
    StringToSignBytes: expect.stringMatching(/^47 45 54 0a 0a 0a 4d 6f 6e/),
  });
});

test.for(["HAHAHA", ":signature", ""])("Authorization 'AWS %s' is InvalidArgument", (rest) => {
  const request = s3Request({ headers: { date: DATE, authorization: `AWS ${rest}` } });
  const { code, fields } = refusal(request);
  expect(code).toBe("InvalidArgument");
  expect(fields["ArgumentName"]).toBe("Authorization");
});

test("an unknown access key is InvalidAccessKeyId, a session token InvalidToken", () => {
  const toSign = `GET\n\n\n${DATE}\n/bucket/key`;
  const unknown = byHeader(toSign, { headers: { date: DATE } }, "AKIDUNKNOWN");
  expect(refusal(unknown).fields).toEqual({ AWSAccessKeyId: "AKIDUNKNOWN" });
  const headers = { date: DATE, "x-amz-security-token": "a-token" };
  expect(refusal(byHeader(toSign, { headers })).code).toBe("InvalidToken");
  const target = "/bucket/key?x-amz-security-token=a-token";
  expect(refusal(byUrl(toSign, { target })).code).toBe("InvalidToken");
});

test.for([undefined, "", "Bad Date", "Tue, 07 Jul 1950 21:53:04 GMT"])(
  "x-amz-date %s is AccessDenied",
  (amzDate) => {
    const headers = amzDate === undefined ? {} : { date: DATE, "x-amz-date": amzDate };
    const { code, message } = refusal(
      byHeader("", { headers: new Headers(Object.entries(headers)) }),
    );
    expect(code).toBe("AccessDenied");
    expect(message).toBe("AWS authentication requires a valid Date or x-amz-date header");
  },
);

test.for(["Wed, 07 Jul 2010 21:53:04 GMT", "Wed, 07 Jul 9999 21:53:04 GMT"])(
  "Date %s is RequestTimeTooSkewed",
  (date) => {
    const { code, fields } = refusal(byHeader("", { headers: { date } }));
    expect(code).toBe("RequestTimeTooSkewed");
    expect(fields["RequestTime"]).toBe(date);
  },
);

test("a URL ends at its Expires, however far away that was", () => {
  const expires = String(NOW_MS / 1000 + 86_400 * 365);
  const request = byUrl(`GET\n\n\n${expires}\n/bucket/key`, {}, expires);
  expect(authenticated(request, Number(expires) * 1000 - 1).caller).toBe(CALLER);
  const { code, message, fields } = refusal(request, Number(expires) * 1000);
  expect({ code, message }).toEqual({ code: "AccessDenied", message: "Request has expired" });
  expect(fields["Expires"]).toBe("2027-11-23T05:00:00Z");
});

test.for(["AWSAccessKeyId", "Signature", "Expires"])("a URL without %s is AccessDenied", (name) => {
  const request = byUrl(`GET\n\n\n${EXPIRES}\n/bucket/key`);
  request.query.delete(name);
  const { code, message } = refusal(request);
  expect(code).toBe("AccessDenied");
  expect(message).toBe(
    "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
  );
});

test("Expires that is no number is AccessDenied", () => {
  const { code, message } = refusal(byUrl("", {}, "tomorrow"));
  expect(code).toBe("AccessDenied");
  expect(message).toBe("Invalid date (should be seconds since epoch): tomorrow");
});

test("chunk signatures have nothing to continue in SigV2, so that framing is InvalidArgument", () => {
  const claim = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
  const headers = { date: DATE, "x-amz-content-sha256": claim };
  const toSign = `GET\n\n\n${DATE}\nx-amz-content-sha256:${claim}\n/bucket/key`;
  expect(refusal(byHeader(toSign, { headers })).code).toBe("InvalidArgument");
});
