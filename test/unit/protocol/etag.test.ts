import { expect, test } from "vitest";
import { quoteEtag, unquoteEtag } from "../../../src/protocol/etag.ts";

test("an ETag is quoted", () => {
  expect(quoteEtag("abc-2")).toBe('"abc-2"');
});

test.for([
  ['"abc"', "abc"],
  ['W/"abc"', "abc"],
  ["abc", "abc"],
  ["*", "*"],
  ['"', '"'],
  ["", ""],
] as const)("%s unquoted is %s", ([text, etag]) => {
  expect(unquoteEtag(text)).toBe(etag);
});
