import { expect, test } from "vitest";
import { Headers } from "../../../local/http/headers.ts";

test("repeated headers are joined in the order in which they came, by lower-case names", () => {
  const headers = Headers.received(["X-A", "1", "Host", "h", "x-a", "2", "X-a", "3"]);
  expect(headers.get("x-A")).toBe("1, 2, 3");
  expect([...headers]).toEqual([
    ["host", "h"],
    ["x-a", "1, 2, 3"],
  ]);
});

test("headers are UTF-8 on their way in and out, and ill-formed ones are marked", () => {
  const latin1 = (text: string): string => Buffer.from(text).toString("latin1");
  const headers = Headers.received(["x-a", latin1("é€😀"), "x-b", "\xff"]);
  expect(headers.get("x-a")).toBe("é€😀");
  expect(headers.get("x-b")).toBe("\ufffd");
  expect(new Headers({ "X-A": "é" }).toRaw()).toEqual(["x-a", latin1("é")]);
});

test.for([
  { init: { B: "2", a: "1" } },
  {
    init: [
      ["B", "2"],
      ["a", "1"],
    ] as [string, string][],
  },
  { init: new Headers({ b: "2", a: "1" }) },
])("headers made of $init are iterated by name", ({ init }) => {
  const headers = new Headers(init);
  expect([...headers.keys()]).toEqual(["a", "b"]);
  expect([...headers.values()]).toEqual(["1", "2"]);
  const seen: string[] = [];
  for (const [name, value] of headers.entries()) seen.push(name, value);
  expect(seen).toEqual(["a", "1", "b", "2"]);
  expect(headers.get("c")).toBe(null);
});

test("a copy of headers does not change with them", () => {
  const original = new Headers({ a: "1" });
  const copy = new Headers(original);
  copy.set("A", "2");
  copy.append("b", "3");
  original.delete("A");
  expect([...copy]).toEqual([
    ["a", "2"],
    ["b", "3"],
  ]);
  expect([...original]).toEqual([]);
});

test.for(["a\r\nb: c", "a\n", "\0"])("no header has the value %j", (value) => {
  const headers = new Headers();
  expect(() => headers.set("a", value)).toThrow(TypeError);
  expect(() => headers.append("a", value)).toThrow(TypeError);
  expect(() => new Headers({ a: value })).toThrow(TypeError);
});
