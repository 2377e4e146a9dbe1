import { expect, test } from "vitest";
import { JsonSyntaxError, type JsonValue, parseStrictJson } from "../../../src/lib/strict-json.ts";
import { pick, seededRandom } from "../../support/seeded-random.ts";

/** As `JSON.parse` has it. */
function plain(value: JsonValue): unknown {
  if (value instanceof Map)
    return Object.fromEntries(Array.from(value, ([name, member]) => [name, plain(member)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

function positionOf(text: string, maxDepth = 8): number | undefined {
  try {
    parseStrictJson(text, maxDepth);
    return undefined;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.position;
    throw error;
  }
}

/** Undefined when it is refused. */
function valueOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}

test.for([
  "{}",
  "[]",
  ' {\t"a" : [ 1 , -0.5e+3,\r\n true, false, null, "" ] } ',
  '{"a":{"b":{"c":["\\u00e9\\n\\"\\\\/\\/", "é😀"]}},"":0}',
  "0",
  '"text"',
])("%j is read as JSON.parse reads it", (text) => {
  expect(plain(parseStrictJson(text, 8))).toEqual(JSON.parse(text));
});

test("a name means nothing but itself", () => {
  const value = parseStrictJson('{"__proto__": {"a": 1}, "constructor": 2}', 8) as Map<
    string,
    JsonValue
  >;
  expect([...value.keys()]).toEqual(["__proto__", "constructor"]);
});

test.for([
  { text: "", at: 0, because: "it is empty" },
  { text: "   ", at: 3, because: "it is blank" },
  { text: '{"a":1,"a":2}', at: 7, because: "a name comes twice" },
  { text: '{"a":1,"\\u0061":2}', at: 7, because: "a name comes twice, escaped" },
  { text: '{"a":1,}', at: 7, because: "a comma is left over" },
  { text: "[1,]", at: 3, because: "a comma is left over" },
  { text: '{"a":1} x', at: 8, because: "there is text after it" },
  { text: "{}{}", at: 2, because: "there is another after it" },
  { text: "{a:1}", at: 1, because: "a name has no quotes" },
  { text: "{'a':1}", at: 1, because: "a name has single quotes" },
  { text: '{"a" 1}', at: 5, because: "there is no colon" },
  { text: '{"a":1', at: 6, because: "it has no end" },
  { text: '["a', at: 1, because: "a string has no end" },
  { text: '["a\\', at: 1, because: "a string ends in an escape" },
  { text: '["\\x"]', at: 1, because: "there is no such escape" },
  { text: '["a\nb"]', at: 1, because: "a line ends in a string" },
  { text: '["\\ud83d"]', at: 1, because: "half a surrogate pair" },
  { text: "[01]", at: 2, because: "a number begins with 0" },
  { text: "[+1]", at: 1, because: "a number has a plus" },
  { text: "[.5]", at: 1, because: "a number has no digit before the point" },
  { text: "[NaN]", at: 1, because: "it is no number" },
  { text: "[True]", at: 1, because: "words have small letters" },
  { text: "[nul]", at: 1, because: "it is no word" },
  { text: "[1 2]", at: 3, because: "there is no comma" },
  { text: "/* a */ {}", at: 0, because: "there are no comments" },
  { text: "\ufeff{}", at: 0, because: "there is a byte order mark" },
  { text: "[".repeat(9) + "]".repeat(9), at: 8, because: "it has nine levels" },
])("$text is refused where $because", ({ text, at }) => {
  expect(positionOf(text)).toBe(at);
});

test("eight levels are read, and a million are refused without an overflow", () => {
  expect(positionOf("[".repeat(8) + "]".repeat(8))).toBeUndefined();
  expect(positionOf("[".repeat(1_000_000))).toBe(8);
});

test("what is read is what JSON.parse reads, and only a name that comes twice is refused more", () => {
  const random = seededRandom(7);
  const parts = ["{", "}", "[", "]", ":", ",", '"a"', '"b"', "1", "-2.5", "true", "null", " ", '"'];
  for (let count = 0; count < 10_000; count += 1) {
    const text = Array.from({ length: random(9) }, () => pick(random, parts)).join("");
    const value = valueOf(() => plain(parseStrictJson(text, 8)));
    const isTwice = value === undefined && /"a".*"a"|"b".*"b"/.test(text);
    expect(value, text).toEqual(isTwice ? undefined : valueOf(() => JSON.parse(text)));
  }
});
