import { expect, test } from "vitest";
import { SIGNED_PARAMETERS } from "../../../../src/domain/auth/v2-parameters.ts";
import model from "../../../model/s3-operations.json" with { type: "json" };
import { CALLER, authenticated, refusal } from "./requests.ts";
import { byHeader, byUrl, DATE, EXPIRES } from "./requests-v2.ts";

// Which parameters SigV2 signs, and how: a signature for one request must not fit another.

test("the parameters of a resource are signed sorted and decoded, others not at all", () => {
  const target = "/bucket/key?versionId=a%2Fb&x-id=GetObject&partNumber=1&response-expires=%3A+%3A";
  const toSign = `GET\n\n\n${DATE}\n/bucket/key?partNumber=1&response-expires=: :&versionId=a/b`;
  expect(authenticated(byHeader(toSign, { target, headers: { date: DATE } })).caller).toBe(CALLER);
});

test.for(["/bucket/?acl", "/bucket/?acl="])("%s may be signed either way", (target) => {
  for (const resource of ["/bucket/?acl", "/bucket/?acl="]) {
    const request = byHeader(`GET\n\n\n${DATE}\n${resource}`, { target, headers: { date: DATE } });
    expect(authenticated(request).caller).toBe(CALLER);
  }
});

test.for(["encryption", "retention", "legal-hold", "attributes"])(
  "a URL that does not sign its parameter %s is SignatureDoesNotMatch",
  (parameter) => {
    const request = byUrl(`GET\n\n\n${EXPIRES}\n/bucket/key`, {
      target: `/bucket/key?${parameter}`,
    });
    expect(refusal(request).code).toBe("SignatureDoesNotMatch");
  },
);

test("two signed parameters cannot be sent as one, nor two signed headers", () => {
  const method = "PUT";
  const parts = `PUT\n\n\n${EXPIRES}\n/bucket/key?partNumber=1&uploadId=2`;
  const two = byUrl(parts, { method, target: "/bucket/key?partNumber=1&uploadId=2" });
  expect(authenticated(two).caller).toBe(CALLER);
  const one = byUrl(parts, { method, target: "/bucket/key?partNumber=1%26uploadId%3D2" });
  expect(refusal(one).code).toBe("InvalidArgument");
  const headers = `PUT\n\n\n${EXPIRES}\nx-amz-acl:private\nx-amz-meta-a:1\n/bucket/key`;
  const target = "/bucket/key?x-amz-acl=private%0Ax-amz-meta-a%3A1";
  expect(refusal(byUrl(headers, { method, target })).code).toBe("SignatureDoesNotMatch");
});

test.for(["a%26b", "a%26", "%26", "R%26D%26tag%3D1", "a%26Tagging", "a%26my-acl%3D"])(
  "an override may have ampersands of its own: %s",
  (value) => {
    const target = `/bucket/key?response-content-disposition=${value}`;
    const toSign = `GET\n\n\n${EXPIRES}\n/bucket/key?response-content-disposition=${decodeURIComponent(value)}`;
    expect(authenticated(byUrl(toSign, { target })).caller).toBe(CALLER);
  },
);

test.for(["tagging", "acl=", "versionId=1", "response-expires=0", "b&tagging", "annotationName=n"])(
  "an override that holds &%s, as if it were a parameter, is InvalidArgument",
  (rest) => {
    const target = `/bucket/key?response-content-disposition=${encodeURIComponent(`a&${rest}`)}`;
    const toSign = `GET\n\n\n${EXPIRES}\n/bucket/key?response-content-disposition=a&${rest}`;
    expect(refusal(byUrl(toSign, { target })).code).toBe("InvalidArgument");
  },
);

test.for(["tagging", "retention", "torrent", "uploadId=1", "acl"])(
  "an override beside %s, which is signed like an override that holds it, is InvalidArgument",
  (parameter) => {
    const parameters = ["response-content-type=a", parameter].toSorted().join("&");
    const target = `/bucket/key?${parameters}`;
    const { code, message } = refusal(
      byUrl(`GET\n\n\n${EXPIRES}\n/bucket/key?${parameters}`, { target }),
    );
    expect(code).toBe("InvalidArgument");
    expect(message).toContain("use Signature Version 4");
  },
);

test("an override of one version or part is valid", () => {
  const parameters = "partNumber=1&response-content-type=a&versionId=null";
  const toSign = `GET\n\n\n${EXPIRES}\n/bucket/key?${parameters}`;
  expect(authenticated(byUrl(toSign, { target: `/bucket/key?${parameters}` })).caller).toBe(CALLER);
});

test("every parameter that S3 has is signed, but for those that narrow or page a listing", () => {
  const unsigned = model.operations
    .filter(({ name }) => !name.startsWith("List"))
    .flatMap(({ name, uri, query }) => {
      const inUri = [...new URLSearchParams(uri.split("?")[1]).keys()];
      const parameters = [...inUri, ...query].filter((each) => !SIGNED_PARAMETERS.has(each));
      return parameters.map((parameter) => `${name}: ${parameter}`);
    });
  expect(unsigned).toEqual([]);
});

test.for([
  { method: "GET", query: "annotation", added: "annotationName=secret" },
  { method: "PUT", query: "annotation&annotationName=mine", added: "annotationName=other" },
  { method: "DELETE", query: "annotation&annotationName=mine", added: "annotationName=other" },
  { method: "GET", query: "inventory", added: "id=1" },
])("a URL for $method ?$query does not work for $added", ({ method, query, added }) => {
  const toSign = `${method}\n\n\n${EXPIRES}\n/bucket/key?${query}`;
  const target = `/bucket/key?${query}`;
  expect(authenticated(byUrl(toSign, { method, target })).caller).toBe(CALLER);
  const [subresource = ""] = query.split("&");
  for (const changed of [`${target}&${added}`, `/bucket/key?${subresource}&${added}`])
    expect(refusal(byUrl(toSign, { method, target: changed })).code).toBe("SignatureDoesNotMatch");
});

test.for([
  { signed: "a+b%2Bc", key: "a b+c" },
  { signed: "a%20b%2Bc", key: "a b+c" },
  { signed: "a%2Bb%2Bc", key: "a+b+c" },
])("a plus in a path that is signed as $signed is the key $key, in both styles", (row) => {
  const toSign = `GET\n\n\n${DATE}\n/bucket/${row.signed}`;
  const headers = { date: DATE };
  const pathStyle = byHeader(toSign, { headers, target: "/bucket/a+b%2Bc" });
  expect(authenticated(pathStyle).request.key).toBe(row.key);
  const hosted = byHeader(toSign, { headers, target: "/a+b%2Bc", bucket: "bucket" });
  expect(authenticated(hosted).request.key).toBe(row.key);
});
