import { expect, test } from "vitest";
import { S3Error } from "../../../src/protocol/errors.ts";
import {
  parseTaggingHeader,
  readTagging,
  taggingContent,
  taggingOf,
  tagSetOf,
} from "../../../src/protocol/tags.ts";
import { writeXml } from "../../../src/lib/xml-writer.ts";
import type { Tag } from "../../../src/protocol/tag-set.ts";

function parseHeader(value: string): readonly Tag[] {
  return parseTaggingHeader(new Headers({ "x-amz-tagging": value }));
}

function codeOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof S3Error) return error.code;
    throw error;
  }
}

function document(tags: readonly Tag[]): Uint8Array {
  return new TextEncoder().encode(writeXml(["Tagging", taggingContent(tags)]));
}

test("no header is no tags", () => {
  expect(parseTaggingHeader(new Headers())).toEqual([]);
});

test.for([
  ["", {}],
  ["&", {}],
  ["&&&", {}],
  ["key", { key: "" }],
  ["key&", { key: "" }],
  ["key=&", { key: "" }],
  ["key=value", { key: "value" }],
  ["a&&&b", { a: "", b: "" }],
  ["a=1&b=2", { a: "1", b: "2" }],
  ["key%2E=value%2F", { "key.": "value/" }],
  ["a+b=c%20d%2Be", { "a b": "c d+e" }],
  ["%C3%A9%F0%9F%84%80=%E4%BD%A0", { "é\u{1f100}": "你" }],
  ["k=%2B-%3D._%3A%2F%40", { k: "+-=._:/@" }],
] as const)("x-amz-tagging %j are the tags %j", ([value, tags]) => {
  expect(Object.fromEntries(parseHeader(value).map((tag) => [tag.key, tag.value]))).toEqual(tags);
});

test("the tags of a header are in the order of their keys", () => {
  expect(parseHeader("foo=bar&bar&B").map(({ key }) => key)).toEqual(["B", "bar", "foo"]);
});

test.for([
  ["=", "no key"],
  ["=value", "no key"],
  ["key%", "half an escape"],
  ["key=%FF", "bytes that are not UTF-8"],
  ["key=1&key=2", "a key twice"],
  ["key=1&b&k%65y=2", "a key twice, written differently"],
  ["k1=v1,k2=v2", "two equals signs"],
] as const)("x-amz-tagging %j has %s: InvalidArgument", ([value]) => {
  expect(codeOf(() => parseHeader(value))).toBe("InvalidArgument");
});

test.for([
  ["key%21=value", "a sign that a key may not have"],
  ["key=value%21", "a sign that a value may not have"],
  ["aws%3Akey=value", "a reserved key"],
  ["a&b&c&d&e&f&g&h&i&j&k", "eleven tags"],
] as const)("x-amz-tagging %j has %s: InvalidTag", ([value]) => {
  expect(codeOf(() => parseHeader(value))).toBe("InvalidTag");
});

test("a document's tags keep their order, and are written as they were read", () => {
  const tags = [
    { key: "b", value: " x " },
    { key: "a", value: "" },
    { key: "B", value: "é" },
  ];
  expect(readTagging(document(tags))).toEqual(tags);
});

test.for([
  "<Tagging/>",
  "<Tagging><TagSet/></Tagging>",
  '<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet></TagSet></Tagging>',
])("%s has no tags", (text) => {
  expect(readTagging(new TextEncoder().encode(text))).toEqual([]);
});

test.for([
  "<TagSet/>",
  "<Tagging><TagSet><Tag><Key>k</Key></Tag></TagSet></Tagging>",
  "<Tagging><TagSet><Tag><Value>v</Value></Tag></TagSet></Tagging>",
  "<Tagging><TagSet><Tag><Key>k</Key><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>",
  "<Tagging><TagSet/><TagSet/></Tagging>",
  "<Tagging><Tag><Key>k</Key><Value>v</Value></Tag></Tagging>",
])("%j is MalformedXML", (text) => {
  expect(codeOf(() => readTagging(new TextEncoder().encode(text)))).toBe("MalformedXML");
});

const numbered = (count: number): Tag[] =>
  Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: "v" }));

test.for([
  { tags: [{ key: "", value: "v" }], because: "of no key" },
  { tags: [{ key: "k".repeat(129), value: "v" }], because: "of a key over 128" },
  { tags: [{ key: "\u{1f100}".repeat(65), value: "v" }], because: "of a key over 128 in UTF-16" },
  { tags: [{ key: "k", value: "v".repeat(257) }], because: "of a value over 256" },
  { tags: [{ key: "a,b", value: "v" }], because: "of a comma in a key" },
  { tags: [{ key: "k", value: "a,b" }], because: "of a comma in a value" },
  { tags: [{ key: "k", value: "a\nb" }], because: "of a line feed" },
  { tags: [{ key: "aws:k", value: "v" }], because: "the prefix is reserved" },
  { tags: [...numbered(2), ...numbered(1)], because: "a key comes twice" },
  { tags: numbered(11), because: "there are over 10" },
])("tags of an object are InvalidTag $because", ({ tags }) => {
  expect(codeOf(() => readTagging(document(tags)))).toBe("InvalidTag");
});

test("an object takes 10 tags of the longest keys and values, a bucket 50", () => {
  const long = Array.from({ length: 10 }, (_, i) => ({
    key: `${i}${"k".repeat(127)}`,
    value: "\u{1f100}".repeat(128),
  }));
  expect(readTagging(document(long))).toEqual(long);
  const elements = (count: number) => taggingOf(numbered(count)).TagSet?.Tag ?? [];
  expect(tagSetOf(elements(50), "bucket")).toHaveLength(50);
  expect(codeOf(() => tagSetOf(elements(51), "bucket"))).toBe("InvalidTag");
});

test("an error says which tag it is about", () => {
  expect(() => readTagging(document([{ key: "k", value: "a,b" }]))).toThrow(
    new S3Error("InvalidTag", {
      message: "The TagValue you have provided is invalid",
      fields: { TagKey: "k", TagValue: "a,b" },
    }),
  );
});
