import { expect, test } from "vitest";
import { CALLER, authenticated, handSigned, refusal } from "./requests.ts";

// What stands between client and Worker changes headers that were signed. The operation gets them as they were signed.

test.for([
  { signed: "identity", because: "the edge told what the client sent", client: "identity" },
  {
    signed: "gzip, deflate",
    because: "the edge told what the client sent",
    client: "gzip, deflate",
  },
  { signed: "br, gzip", because: "nothing was changed", client: undefined },
  { signed: "br, gzip", because: "what the edge tells is wrong", client: "zstd" },
  { signed: "identity", because: "it is what SDKs send", client: undefined },
  { signed: "gzip", because: "it is what Go's client sends", client: undefined },
  { signed: "", because: "the client sent none", client: undefined },
])("Accept-Encoding signed as '$signed' is found: $because", ({ signed, client }) => {
  const request = handSigned({
    headers: { "accept-encoding": "br, gzip" },
    signedAs: { "accept-encoding": signed },
    ...(client !== undefined && { clientAcceptEncoding: client }),
  });
  expect(authenticated(request).request.headers.get("accept-encoding")).toBe(signed);
});

test("a request of half a MiB is tried as it came only, since each spelling costs", () => {
  const request = handSigned({
    headers: { "accept-encoding": "br, gzip", "x-amz-meta-a": "x".repeat(500_000) },
    signedAs: { "accept-encoding": "identity" },
  });
  expect(refusal(request).code).toBe("SignatureDoesNotMatch");
});

test("Accept-Encoding signed as something else is SignatureDoesNotMatch", () => {
  const headers = { "accept-encoding": "br, gzip" };
  const signedAs = { "accept-encoding": "compress" };
  const { code, fields } = refusal(
    handSigned({ headers, signedAs, clientAcceptEncoding: "identity" }),
  );
  expect(code).toBe("SignatureDoesNotMatch");
  expect(fields["CanonicalRequest"]).toContain("\naccept-encoding:identity\n");
});

test("a repeated header, signed with a comma, arrives with a comma and a space", () => {
  const request = handSigned({
    headers: [
      ["x-amz-object-attributes", "ETag"],
      ["x-amz-object-attributes", "Checksum"],
    ],
    signedAs: { "x-amz-object-attributes": "ETag,Checksum" },
  });
  expect(request.headers.get("x-amz-object-attributes")).toBe("ETag, Checksum");
  expect(authenticated(request).caller).toBe(CALLER);
});

test("a repeated x-amz header is found beside one that has a comma and a space of its own", () => {
  const request = handSigned({
    headers: { "cache-control": "no-cache, no-store", "x-amz-meta-a": "1, 2" },
    signedAs: { "x-amz-meta-a": "1,2" },
  });
  expect(authenticated(request).caller).toBe(CALLER);
});

test("a request that comes as it was signed stays the same object", () => {
  const headers = {
    "accept-encoding": "br, gzip",
    "cache-control": "a, b",
    "x-amz-meta-a": "1, 2",
  };
  const request = handSigned({ headers });
  expect(authenticated(request).request).toBe(request);
});

test.for(["x-amz-copy-source", "x-amz-rename-source", "x-amz-meta-a", "if-match"])(
  "a space put into a signed %s is taken out again, so that it names what its signer named",
  (name) => {
    const request = handSigned({
      method: "PUT",
      headers: { [name]: "/bucket/a, b", "x-amz-meta-b": "as, signed" },
      signedAs: { [name]: "/bucket/a,b", "x-amz-meta-b": "as,signed" },
    });
    const { headers } = authenticated(request).request;
    expect(headers.get(name)).toBe("/bucket/a,b");
    expect(headers.get("x-amz-meta-b")).toBe("as,signed");
  },
);

test("only what was changed is put back", () => {
  const request = handSigned({
    headers: { "cache-control": "no-cache, no-store", "x-amz-meta-a": "1, 2" },
    signedAs: { "x-amz-meta-a": "1,2" },
  });
  const { headers } = authenticated(request).request;
  expect(headers.get("cache-control")).toBe("no-cache, no-store");
  expect(headers.get("x-amz-meta-a")).toBe("1,2");
});

test("all of it at once is found", () => {
  const request = handSigned({
    target: "/bucket/a%2Fb",
    headers: { "accept-encoding": "br, gzip", "x-amz-meta-a": "1, 2" },
    signedAs: { "accept-encoding": "gzip", "x-amz-meta-a": "1,2" },
  });
  expect(authenticated(request).caller).toBe(CALLER);
});

test.for([
  { name: "expect", value: "100-continue" },
  { name: "transfer-encoding", value: "chunked" },
  { name: "content-length", value: "0" },
])("a signed $name that a proxy took off is $value", ({ name, value }) => {
  const { request } = authenticated(handSigned({ signedAs: { [name]: value } }));
  expect(request.headers.get(name)).toBe(value);
});

test("runs of blanks in a header are signed as one space", () => {
  const request = handSigned({
    headers: { "x-amz-meta-a": 'a   "b  c"\td' },
    signedAs: { "x-amz-meta-a": 'a "b c" d' },
  });
  expect(authenticated(request).caller).toBe(CALLER);
});

test.for([
  { target: "/bucket/a/../b/./c//d", canonicalPath: "/bucket/a/../b/./c//d" },
  { target: "/bucket/a%2fb%7Ec%c3%a9", canonicalPath: "/bucket/a/b~c%C3%A9" },
  { target: "/bucket/a*(c)", canonicalPath: "/bucket/a%2A%28c%29" },
  { target: "/bucket/a%2Fb", canonicalPath: "/bucket/a%2Fb" },
  { target: "/bucket/a*(c)", canonicalPath: "/bucket/a*(c)" },
  { target: "/bucket/100%", canonicalPath: "/bucket/100%25" },
])("the path $target may be signed as $canonicalPath", ({ target, canonicalPath }) => {
  const request = handSigned({ target: "/bucket/key", canonicalPath });
  expect(authenticated({ ...request, rawPath: target }).caller).toBe(CALLER);
});

test.for([
  { canonicalPath: "/bucket/a%20b%2Bc%28d%29", key: "a b+c(d)", rawPath: "/bucket/a%20b%2Bc(d)" },
  { canonicalPath: "/bucket/a%2Bb%2Bc%28d%29", key: "a+b+c(d)", rawPath: "/bucket/a%2Bb%2Bc(d)" },
  { canonicalPath: "/bucket/a+b%2Bc(d)", key: "a+b+c(d)", rawPath: "/bucket/a%2Bb%2Bc(d)" },
])("a plus in a path that is signed as $canonicalPath is the key $key", (row) => {
  const { canonicalPath, ...meant } = row;
  const signed = handSigned({ target: "/bucket/a+b%2Bc(d)", canonicalPath });
  expect(authenticated(signed).request).toMatchObject(meant);
});

test("a refused signature shows a plus in the path as AWS reads it", () => {
  const { fields } = refusal(handSigned({ target: "/bucket/a+b", canonicalPath: "/bucket/other" }));
  expect(fields["CanonicalRequest"]).toMatch(/^GET\n\/bucket\/a%20b\n/);
});

test("a virtual-hosted request signs the path without its bucket", () => {
  const headers = { host: "bucket.s3.example.com" };
  const request = handSigned({ target: "/key", bucket: "bucket", headers });
  expect(authenticated(request).caller).toBe(CALLER);
});

test("a plus in a query is a space, as that is how it is read", () => {
  const target = "/bucket?prefix=a+b";
  const asSpace = handSigned({ target, canonicalPath: "/bucket", canonicalQuery: "prefix=a%20b" });
  expect(asSpace.query.get("prefix")).toBe("a b");
  expect(authenticated(asSpace).caller).toBe(CALLER);
  const asPlus = handSigned({ target, canonicalPath: "/bucket", canonicalQuery: "prefix=a%2Bb" });
  expect(refusal(asPlus).code).toBe("SignatureDoesNotMatch");
});

test("values of one name may be signed in their order, as mc watch does, and mean no other order", () => {
  const target = "/bucket?events=b&events=a&prefix=";
  const inOrder = { target, canonicalPath: "/bucket", canonicalQuery: "events=b&events=a&prefix=" };
  expect(authenticated(handSigned(inOrder)).caller).toBe(CALLER);
  const turned = { ...inOrder, target: "/bucket?events=a&events=b&prefix=" };
  expect(refusal(handSigned(turned)).code).toBe("SignatureDoesNotMatch");
});
