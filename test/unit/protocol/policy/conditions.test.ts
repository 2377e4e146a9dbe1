import { describe, expect, test } from "vitest";
import { compileCondition } from "../../../../src/protocol/policy/conditions.ts";
import { type KeyValue, NEEDS_OBJECT } from "../../../../src/protocol/policy/context.ts";
import type { Effect } from "../../../../src/protocol/policy/document.ts";
import { contextOf } from "../../../support/policy.ts";
import vectors from "../../../vectors/policy/operators.json";

const KEY = "aws:PrincipalTag/team";

function holds(
  operator: string,
  policy: string | readonly string[],
  value: KeyValue,
  {
    effect = "Allow",
    version = "2012",
    more = {},
  }: { effect?: Effect; version?: string; more?: Record<string, KeyValue> } = {},
) {
  const values = typeof policy === "string" ? [policy] : policy;
  const condition = compileCondition({ operator, key: KEY, values }, effect, version === "2012");
  return condition.holds(contextOf({ [KEY]: value, ...more }));
}

describe.for(vectors.operators)(
  "$operator",
  ({ operator, isNegated, policy, matching, other, unreadable }) => {
    const isOpposite = isNegated === 1;

    /** The columns of AWS's table: whether it holds, and whether its opposite does. */
    const CELLS: readonly (readonly [string, string, KeyValue, boolean, boolean])[] = [
      ["", "a key that is absent", undefined, false, true],
      ["", "no values", [], false, true],
      ["", "a value that matches", matching, true, false],
      ["", "a value that does not", other, false, true],
      ["", "a set of one", [matching], true, false],
      ["", "several values", [matching, matching], false, false],
      ["", "several others", [other, other], false, false],
      ["IfExists", "a key that is absent", undefined, true, true],
      ["IfExists", "a value that matches", matching, true, false],
      ["IfExists", "a value that does not", other, false, true],
      ["ForAllValues:", "a key that is absent", undefined, true, true],
      ["ForAllValues:", "values that all match", [matching, matching], true, false],
      ["ForAllValues:", "values of which one matches", [matching, other], false, false],
      ["ForAllValues:", "values of which none matches", [other, other], false, true],
      ["ForAnyValue:", "a key that is absent", undefined, false, false],
      ["ForAnyValue:", "values that all match", [matching, matching], true, false],
      ["ForAnyValue:", "values of which one matches", [matching, other], true, true],
      ["ForAnyValue:", "values of which none matches", [other, other], false, true],
      ["ForAnyValue:", "one value", matching, true, false],
    ];
    const UNREADABLE: typeof CELLS =
      unreadable === undefined
        ? []
        : [
            ["", "a value it cannot read", unreadable, false, true],
            ["IfExists", "a value it cannot read", unreadable, false, true],
            ["ForAllValues:", "a value it cannot read", [unreadable], false, true],
            ["ForAnyValue:", "a value it cannot read", [unreadable], false, false],
          ];

    test.for([...CELLS, ...UNREADABLE])(
      "%s with %s",
      ([variant, , value, ifPositive, ifNegated]) => {
        const name = variant === "IfExists" ? `${operator}${variant}` : `${variant}${operator}`;
        expect(holds(name, policy, value)).toBe(isOpposite ? ifNegated : ifPositive);
      },
    );

    test("any of the policy's values may match", () => {
      expect(holds(operator, [policy, policy], matching)).toBe(!isOpposite);
    });
  },
);

test.for([
  ["true", undefined, true],
  ["true", "", false],
  ["false", undefined, false],
  ["false", "x", true],
  ["false", [], false],
] as const)("Null %s of %j: %j", ([policy, value, expected]) => {
  expect(holds("Null", policy, value)).toBe(expected);
});

test("an empty value is a value", () => {
  expect(holds("StringEquals", "", "")).toBe(true);
  expect(holds("StringNotEquals", "a", "")).toBe(true);
  expect(holds("StringLike", "*", "")).toBe(true);
});

test.for([
  "StringEqual",
  "stringequals",
  "",
  "ForAllValues:",
  "IfExists",
  "ForSomeValues:StringEquals",
  "NullIfExists",
  "constructor",
])("with the unknown operator %j, a Deny applies and an Allow does not", (operator) => {
  expect(holds(operator, "a", "a", { effect: "Allow" })).toBe(false);
  expect(holds(operator, "a", "b", { effect: "Deny" })).toBe(true);
});

test.for(["NumericLessThan", "NumericNotEquals", "DateEquals", "NotIpAddress", "Bool", "Null"])(
  "with a value that %s cannot read in the policy, a Deny applies and an Allow does not",
  (operator) => {
    expect(holds(operator, ["x", "true"], "1", { effect: "Allow" })).toBe(false);
    expect(holds(operator, ["x", "true"], undefined, { effect: "Allow" })).toBe(false);
    expect(holds(operator, ["x", "true"], "1", { effect: "Deny" })).toBe(true);
  },
);

const NAME = { "aws:username": "alice", "aws:TagKeys": ["a", "b"], "aws:Referer": "a*" };

test.for([
  ["StringEquals", "home/${aws:username}", "home/alice", true],
  ["StringEquals", "${AWS:UserName}${aws:username}", "alicealice", true],
  ["StringLike", "${aws:username}/*", "alice/x", true],
  ["StringLike", "${aws:referer}", "ab", false],
  ["StringLike", "${aws:referer}", "a*", true],
  ["StringLike", "${*}${?}${$}", "*?$", true],
  ["StringLike", "${*}", "a", false],
  ["StringEquals", "${aws:PrincipalTag/none, 'all'}", "all", true],
  ["StringLike", "${aws:PrincipalTag/none, 'a*'}", "ab", false],
  ["StringEquals", "${aws:username, 'all'}", "alice", true],
  ["StringEquals", "${aws:username", "${aws:username", true],
  ["ArnLike", "arn:aws:iam::1:user/${aws:username}", "arn:aws:iam::1:user/alice", true],
] as const)("%s %s of %s: %j", ([operator, policy, value, expected]) => {
  expect(holds(operator, policy, value, { more: NAME })).toBe(expected);
});

test("before 2012, a variable is text", () => {
  expect(holds("StringEquals", "${aws:username}", "alice", { version: "2008", more: NAME })).toBe(
    false,
  );
  expect(holds("StringEquals", "${aws:username}", "${aws:username}", { version: "2008" })).toBe(
    true,
  );
});

test.for([
  ["${aws:PrincipalTag/none}", "absent"],
  ["${aws:TagKeys}", "of several values"],
  ["${}", "without a name"],
  ["${aws:PrincipalTag/none, all}", "with a default that has no quotes"],
] as const)("a variable %s %s never widens access", ([variable]) => {
  const more = NAME;
  expect(holds("StringLike", `${variable}*`, "x", { more })).toBe(false);
  expect(holds("StringNotEquals", variable, "x", { more })).toBe(false);
  expect(holds("StringNotEquals", variable, "x", { more, effect: "Deny" })).toBe(true);
  expect(holds("StringEquals", variable, "x", { more, effect: "Deny" })).toBe(false);
});

test("what only the object can tell stays open", () => {
  expect(holds("StringEquals", "a", NEEDS_OBJECT)).toBe(NEEDS_OBJECT);
  expect(holds("Null", "true", NEEDS_OBJECT)).toBe(NEEDS_OBJECT);
  expect(
    holds("StringEquals", "${aws:PrincipalTag/x}", "a", {
      more: { "aws:PrincipalTag/x": NEEDS_OBJECT },
    }),
  ).toBe(NEEDS_OBJECT);
});
