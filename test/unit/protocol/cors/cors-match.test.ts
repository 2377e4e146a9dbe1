import { expect, test } from "vitest";
import { compileCors, corsHeaders } from "../../../../src/protocol/cors/cors-match.ts";

interface RuleParts {
  readonly origins: readonly string[];
  readonly methods?: readonly string[];
  readonly headers?: readonly string[];
  readonly maxAgeSeconds?: number;
}

function rulesOf(...rules: readonly RuleParts[]) {
  return compileCors({
    CORSRule: rules.map(({ origins, methods = ["GET"], headers = [], maxAgeSeconds }) => ({
      ID: undefined,
      AllowedOrigin: origins,
      AllowedMethod: methods,
      AllowedHeader: headers,
      MaxAgeSeconds: maxAgeSeconds,
      ExposeHeader: [],
    })),
  });
}

/** As ceph/s3-tests has them in `test_cors_origin_response`. */
const RULES = rulesOf(
  { origins: ["*suffix"] },
  { origins: ["start*end"] },
  { origins: ["prefix*"] },
  { origins: ["*.put"], methods: ["PUT"] },
);

test.for([
  ["foo.suffix", "GET", true],
  ["suffix", "GET", true],
  ["foo.bar", "GET", false],
  ["foo.suffix.get", "GET", false],
  ["startend", "GET", true],
  ["start1end", "GET", true],
  ["start12end", "GET", true],
  ["0start12end", "GET", false],
  // Both ends of the pattern want the same characters.
  ["startnd", "GET", false],
  ["prefix", "GET", true],
  ["prefix.suffix", "GET", true],
  ["bla.prefix", "GET", false],
  ["PREFIX", "GET", false],
  ["foo.put", "GET", false],
  ["foo.put", "PUT", true],
  ["foo.put", "put", false],
  ["", "GET", false],
] as const)("a page of %s may %s: %s", ([origin, method, isAllowed]) => {
  const headers = corsHeaders(RULES, { origin, method, headers: [] });
  expect(headers?.["access-control-allow-origin"]).toBe(isAllowed ? origin : undefined);
});

test("ends of a pattern do not overlap", () => {
  const rules = rulesOf({ origins: ["aba*ba"] });
  expect(corsHeaders(rules, { origin: "aba", method: "GET", headers: [] })).toBeUndefined();
  expect(corsHeaders(rules, { origin: "ababa", method: "GET", headers: [] })).toBeDefined();
});

test.for([
  [["x-amz-meta-a"], ["x-amz-meta-*"], true],
  [["x-amz-meta-a", "content-type"], ["X-AMZ-META-*"], false],
  [["x-amz-meta-a", "content-type"], ["X-AMZ-META-*", "Content-Type"], true],
  [["anything"], ["*"], true],
  [["anything"], [], false],
  [[], [], true],
  [Array.from({ length: 201 }, (_, i) => `h${i}`), ["*"], false],
] as const)("%o are asked for, where %o are allowed: %s", ([headers, allowed, isAllowed]) => {
  const rules = rulesOf({ origins: ["*"], headers: allowed });
  const answer = corsHeaders(rules, { origin: "o", method: "GET", headers });
  expect(answer !== undefined).toBe(isAllowed);
  if (isAllowed)
    expect(answer?.["access-control-allow-headers"]).toBe(
      headers.length === 0 ? undefined : headers.join(", "),
    );
});

test("the first rule that fits wholly is the one that is told", () => {
  const rules = rulesOf(
    { origins: ["https://a"], methods: ["PUT"] },
    { origins: ["https://*", "*"], methods: ["GET", "HEAD"], maxAgeSeconds: 0 },
    { origins: ["https://a"], methods: ["GET"] },
  );
  const question = { method: "GET", headers: [] };
  expect(corsHeaders(rules, { ...question, origin: "https://a" })).toMatchObject({
    "access-control-allow-origin": "https://a",
    "access-control-allow-credentials": "true",
    "access-control-allow-methods": "GET, HEAD",
    "access-control-max-age": "0",
  });
  const forEverybody = corsHeaders(rules, { ...question, origin: "http://b" });
  expect(forEverybody).toMatchObject({ "access-control-allow-origin": "*" });
  expect(forEverybody).not.toHaveProperty("access-control-allow-credentials");
});
