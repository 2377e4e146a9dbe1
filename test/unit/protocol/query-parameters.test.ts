import { describe, expect, test } from "vitest";
import {
  boolean,
  integer,
  list,
  oneOf,
  optional,
  readInput,
  structure,
  text,
} from "../../../src/protocol/query-api/fields.ts";
import { parseQueryParameters } from "../../../src/protocol/query-api/query-parameters.ts";

const FIELDS = {
  UserName: text({ min: 1, max: 5, pattern: /^[a-z]+$/ }),
  Tags: optional(list(structure({ Key: text(), Value: text() }), { max: 2 })),
  Arns: optional(list(text())),
  MaxItems: optional(integer(1, 1000)),
  Status: optional(oneOf(["Inactive", "Active"])),
  IsOn: optional(boolean()),
};

function read(...texts: string[]) {
  const parameters = parseQueryParameters(texts);
  if (parameters === undefined) throw new Error("too many");
  return readInput(FIELDS, parameters);
}

test("parameters are read by what they are described as", () => {
  const sent =
    "UserName=a&Tags.member.2.Value=v2&Tags.member.2.Key=k2&Tags.member.10.Key=%20%2B+&Tags.member.10.Value=&MaxItems=7&Status=Active&IsOn=TRUE&Other=1";
  expect(read(sent)).toEqual({
    UserName: "a",
    Tags: [
      { Key: "k2", Value: "v2" },
      { Key: " + ", Value: "" },
    ],
    Arns: undefined,
    MaxItems: 7,
    Status: "Active",
    IsOn: true,
  });
});

test("the first of two with one name counts, those of the body before those of the query", () => {
  expect(read("UserName=a&UserName=b", "UserName=c&MaxItems=1")).toMatchObject({
    UserName: "a",
    MaxItems: 1,
  });
});

test("an empty list is sent as a name without a value", () => {
  expect(read("UserName=a&Arns=").Arns).toEqual([]);
});

describe("what is wrong is told in AWS's words", () => {
  const one = (problem: string) => `1 validation error detected: ${problem}`;
  test.for([
    ["", one("Value null at 'userName' failed to satisfy constraint: Member must not be null")],
    [
      "UserName=ab1",
      one(
        "Value 'ab1' at 'userName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z]+$",
      ),
    ],
    [
      "UserName=abcdef&MaxItems=0",
      "2 validation errors detected: Value 'abcdef' at 'userName' failed to satisfy constraint: Member must have length less than or equal to 5; Value '0' at 'maxItems' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ],
    [
      "UserName=a&Tags.member.1.Key=k",
      one(
        "Value null at 'tags.1.member.value' failed to satisfy constraint: Member must not be null",
      ),
    ],
    [
      "UserName=a&Arns.member.1.Key=x",
      one("Value null at 'arns.1.member' failed to satisfy constraint: Member must not be null"),
    ],
    [
      "UserName=a&Status=active",
      one(
        "Value 'active' at 'status' failed to satisfy constraint: Member must satisfy enum value set: [Active, Inactive]",
      ),
    ],
    [
      "UserName=a&MaxItems=1e2",
      one("Value '1e2' at 'maxItems' failed to satisfy constraint: Member must be an integer"),
    ],
  ])("%s", ([sent, message]) => {
    expect(() => read(sent ?? "")).toThrow(
      expect.objectContaining({ code: "ValidationError", message }),
    );
  });

  test("of a list that is too long nothing but that", () => {
    const tags = [1, 2, 3].map((n) => `Tags.member.${n}.Key=k${n}`).join("&");
    expect(() => read(`UserName=a&${tags}`)).toThrow(
      /^1 validation error detected: .*less than or equal to 2$/,
    );
  });
});

test("requests with many parameters, or names with many levels, are not built up in memory", () => {
  expect(parseQueryParameters(["a=&".repeat(10_001)])).toBeUndefined();
  expect(parseQueryParameters([`${"a.".repeat(100_000)}=1`])).toEqual({});
});
