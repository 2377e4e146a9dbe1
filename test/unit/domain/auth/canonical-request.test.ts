import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import {
  canonicalHeaderValue,
  canonicalQuery,
  canonicalRequest,
  stringToSign,
} from "../../../../src/domain/auth/canonical-request.ts";
import { sign, signingKey } from "../../../../src/domain/auth/signing-key.ts";
import { recodePath } from "../../../../src/lib/uri.ts";

// AWS's suite is for SigV4 in general. S3 differs in one thing, which this file does before it calls S3's functions:
// other services resolve `.`, `..` and `//` in the path. The signed requests (.sreq, which are .req and what the signer
// added) are taken, as a server gets them: the header lists of .authz say what of them is signed.
const FILES = import.meta.glob<string>("../../../vectors/sigv4/**/*.{sreq,creq,sts,authz}", {
  query: "?raw",
  import: "default",
  eager: true,
});

const CREDENTIAL = "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request";
const SCOPE = "20150830/us-east-1/service/aws4_request";
const KEY = signingKey(
  "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  "20150830",
  "us-east-1",
  "service",
);

const VECTORS = Object.keys(FILES)
  .filter((path) => path.endsWith(".sreq"))
  .map((path) => path.replace(/\.sreq$/, ""));

test("the whole suite is here", () => {
  expect(VECTORS).toHaveLength(34);
  expect(Object.keys(FILES)).toHaveLength(4 * VECTORS.length);
});

test.for(VECTORS)("%s", (vector) => {
  const request = parseRequest(file(vector, "sreq"));
  const [, signedHeaders = ""] = /SignedHeaders=([^,]+)/.exec(file(vector, "authz")) ?? [];
  const canonical = canonicalRequest({
    method: request.method,
    path: recodePath(normalized(request.path)),
    query: canonicalQuery(request.query),
    headerLines: signedHeaders
      .split(";")
      .map((name) => `${name}:${request.headers.get(name)?.map(canonicalHeaderValue).join(",")}\n`)
      .join(""),
    signedHeaders,
    payloadHash: createHash("sha256").update(request.body).digest("hex"),
  });
  expect(canonical).toBe(file(vector, "creq"));

  const toSign = stringToSign("20150830T123600Z", SCOPE, canonical);
  expect(toSign).toBe(file(vector, "sts"));

  const authorization = `AWS4-HMAC-SHA256 Credential=${CREDENTIAL}, SignedHeaders=${signedHeaders}, Signature=${sign(KEY, toSign)}`;
  expect(authorization).toBe(file(vector, "authz"));
});

test("the key of another day, region or secret is another, however many are kept", () => {
  const signature = (secret: string, date: string, region: string) =>
    sign(signingKey(secret, date, region, "s3"), "text");
  const first = signature("secret", "20261123", "region-0");
  for (let at = 1; at < 1000; at++)
    expect(signature("secret", "20261123", `region-${at}`)).not.toBe(first);
  expect(signature("secret", "20261123", "region-0")).toBe(first);
  expect(signature("secret", "20261124", "region-0")).not.toBe(first);
  expect(signature("other", "20261123", "region-0")).not.toBe(first);
});

test("S3's path keeps its dots and slashes", () => {
  expect(recodePath("/bucket/a/../b//./c/")).toBe("/bucket/a/../b//./c/");
});

test("a query is encoded anew, sorted by name and then by value", () => {
  expect(canonicalQuery("b=2&a-b=1&a=2&a=1&uploads&A=%7e%2f")).toBe(
    "A=~%2F&a=1&a=2&a-b=1&b=2&uploads=",
  );
  expect(canonicalQuery("&a=b=c&&")).toBe("a=b%3Dc");
});

test("the signature itself is not part of the query", () => {
  expect(canonicalQuery("a=1&X-Amz-Signature=0f", "X-Amz-Signature")).toBe("a=1");
});

function file(vector: string, extension: string): string {
  const text = FILES[`${vector}.${extension}`];
  if (text === undefined) throw new Error(`${vector}.${extension} is missing`);
  return text;
}

function parseRequest(text: string) {
  const [head = "", body = ""] = text.split("\n\n");
  // A line that begins with blanks continues the header before it.
  const [requestLine = "", ...lines] = head.replace(/\n +/g, "  ").trimEnd().split("\n");
  const [, method = "", target = ""] = /^(\S+) (.*) HTTP\/1\.1$/.exec(requestLine) ?? [];
  const [path = "", query = ""] = target.split("?");
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(":")).toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(name.length + 1)]);
  }
  return { method, path, query, headers, body };
}

function normalized(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  return kept.length === 0 ? "/" : `/${kept.join("/")}${/\/\.*$/.test(path) ? "/" : ""}`;
}
