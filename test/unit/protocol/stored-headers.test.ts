import { expect, test } from "vitest";
import { S3Error } from "../../../src/protocol/errors.ts";
import {
  applyResponseOverrides,
  parseStoredHeaders,
} from "../../../src/protocol/stored-headers.ts";

const BINARY = { "content-type": "binary/octet-stream" };

test("an upload that says nothing is binary/octet-stream", () => {
  expect(parseStoredHeaders(new Headers())).toEqual(BINARY);
  expect(parseStoredHeaders(new Headers({ "Content-Type": "" }))).toEqual(BINARY);
});

test("system and user metadata are kept, other headers are not", () => {
  const kept = {
    "cache-control": "max-age=5",
    "content-disposition": 'attachment; filename="a"',
    "content-encoding": "gzip",
    "content-language": "en",
    "content-type": "text/plain",
    expires: "never",
    "x-amz-meta-empty": "",
    "x-amz-meta-mtime": "1",
    "x-amz-website-redirect-location": "/other",
  };
  const others = {
    authorization: "x",
    "x-amz-acl": "private",
    "content-length": "5",
    "x-amz-date": "x",
    range: "x",
  };
  expect(parseStoredHeaders(new Headers({ ...kept, ...others }))).toEqual(kept);
});

test("names of user metadata are kept in lower case", () => {
  expect(parseStoredHeaders(new Headers({ "X-Amz-Meta-Foo_Bar": "V" }))).toEqual({
    ...BINARY,
    "x-amz-meta-foo_bar": "V",
  });
});

test.for([
  { given: "aws-chunked", kept: undefined },
  { given: "AWS-Chunked", kept: undefined },
  { given: "aws-chunked,gzip", kept: "gzip" },
  { given: "gzip, aws-chunked", kept: "gzip" },
  { given: "gzip, aws-chunked , br", kept: "gzip,br" },
  { given: "gzip,  br", kept: "gzip,  br" },
  { given: "aws-chunked,", kept: undefined },
])("Content-Encoding $given is kept as $kept", ({ given, kept }) => {
  expect(parseStoredHeaders(new Headers({ "Content-Encoding": given }))["content-encoding"]).toBe(
    kept,
  );
});

test("user metadata of 2,048 bytes, names and values, is taken; one byte more is MetadataTooLarge", () => {
  const fits = { "x-amz-meta-ab": "v".repeat(1000), "x-amz-meta-c": "v".repeat(1045) };
  expect(parseStoredHeaders(new Headers(fits))["x-amz-meta-c"]).toHaveLength(1045);
  expect(() =>
    parseStoredHeaders(new Headers({ ...fits, "x-amz-meta-c": "v".repeat(1046) })),
  ).toThrow(new S3Error("MetadataTooLarge", { fields: { Size: "2049", MaxSizeAllowed: "2048" } }));
});

test("a user metadata value that is not ASCII is kept as RFC 2047 has it, and counts as UTF-8", () => {
  const value = `${"v".repeat(2046)}é`;
  const stored = parseStoredHeaders(new Headers({ "x-amz-meta-a": "é" }));
  expect(stored["x-amz-meta-a"]).toBe("=?UTF-8?Q?=C3=A9?=");
  expect(() => parseStoredHeaders(new Headers({ "x-amz-meta-a": value }))).toThrow(
    new S3Error("MetadataTooLarge", { fields: { Size: "2049", MaxSizeAllowed: "2048" } }),
  );
});

test.for(["/a", "http://example.com/", "https://example.com/"])(
  "redirect location %s is kept",
  (location) => {
    const stored = parseStoredHeaders(new Headers({ "x-amz-website-redirect-location": location }));
    expect(stored["x-amz-website-redirect-location"]).toBe(location);
  },
);

test.for(["a", "ftp://example.com/"])(
  "redirect location %s is InvalidRedirectLocation",
  (location) => {
    expect(() =>
      parseStoredHeaders(new Headers({ "x-amz-website-redirect-location": location })),
    ).toThrow(new S3Error("InvalidRedirectLocation"));
  },
);

const STORED = { "content-type": "text/plain", "x-amz-meta-a": "1" };

test("an answer without response-* says what was stored", () => {
  expect(applyResponseOverrides(STORED, new URLSearchParams())).toBe(STORED);
  expect(
    applyResponseOverrides(STORED, new URLSearchParams("versionId=x&response-content-type=")),
  ).toEqual(STORED);
});

test.for([
  "content-type",
  "content-language",
  "expires",
  "cache-control",
  "content-disposition",
  "content-encoding",
])("response-%s overrides", (header) => {
  const query = new URLSearchParams({ [`response-${header}`]: "é; x" });
  expect(applyResponseOverrides(STORED, query)).toEqual({ ...STORED, [header]: "é; x" });
});

test.for(["a\r\nb: c", "a\0", "中", "\u0085"])("a response-* of %j is InvalidArgument", (value) => {
  const query = new URLSearchParams({ "response-content-disposition": value });
  expect(() => applyResponseOverrides(STORED, query)).toThrow(
    new S3Error("InvalidArgument", {
      message: "Header value cannot be represented using ISO-8859-1.",
      fields: { ArgumentName: "response-content-disposition", ArgumentValue: value },
    }),
  );
});

test("a Content-Type that would not fit into the header of an answer is RequestHeaderSectionTooLarge", () => {
  expect(parseStoredHeaders(new Headers({ "content-type": "a".repeat(8000) }))).toBeDefined();
  const tooLong = { "content-type": "a".repeat(60_000) };
  const together = { "content-type": "a".repeat(5000), "cache-control": "a".repeat(5000) };
  for (const headers of [tooLong, together])
    expect(() => parseStoredHeaders(new Headers(headers))).toThrow(
      expect.objectContaining({ code: "RequestHeaderSectionTooLarge", status: 400 }),
    );
});

test("a header that was no UTF-8 is refused, as its bytes are lost", () => {
  const headers = new Headers({ "content-disposition": "a\uFFFD" });
  expect(() => parseStoredHeaders(headers)).toThrow("cannot be represented using UTF-8");
});
