import { describe, expect, test } from "vitest";
import { S3Error } from "../../../src/protocol/errors.ts";
import {
  checkPostPolicy,
  parsePostPolicy,
  type SizeRange,
} from "../../../src/protocol/form/post-policy.ts";
import recorded from "../../vectors/post-policy/refusals.json";

const LATER = "2999-01-01T00:00:00.000Z";
const BUCKET = { bucket: "bucket" };

type Fields = Readonly<Record<string, string | undefined>>;

function check(policy: unknown, fields: Fields = {}): SizeRange {
  const text = typeof policy === "string" ? policy : JSON.stringify(policy);
  const given = Object.entries({ bucket: "bucket", ...fields });
  const named = given.filter((entry): entry is [string, string] => entry[1] !== undefined);
  return checkPostPolicy(
    parsePostPolicy(Buffer.from(text).toString("base64")),
    new Map(named),
    Date.now(),
  );
}

function allows(conditions: readonly unknown[], fields: Fields): SizeRange {
  return check({ expiration: LATER, conditions: [BUCKET, ...conditions] }, fields);
}

function refusalOf(act: () => unknown): { code: string; message: string } {
  try {
    act();
  } catch (error) {
    if (error instanceof S3Error) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error("it was not refused");
}

/** Source: https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3.snapshot.json, TestS3PresignedPost */
describe("AWS was recorded to refuse", () => {
  test.for(recorded)("$name", ({ policy, conditions, fields, code, message }) => {
    const document = policy ?? { expiration: LATER, conditions: [BUCKET, ...(conditions ?? [])] };
    expect(refusalOf(() => check(document, fields))).toEqual({ code, message });
  });
});

const ONE_MEMBER =
  "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.";

describe("a policy is none", () => {
  test.for([
    ["", "Expecting '{' but found End-of-Input"],
    ["{", "Invalid JSON."],
    ["[]", "Invalid JSON."],
    [`{"expiration": "${LATER}", "conditions": [], "conditions": []}`, "Invalid JSON."],
    [{ conditions: [] }, "Policy missing expiration."],
    [{ EXPIRATION: LATER, conditions: [] }, "Unexpected: 'EXPIRATION'."],
    [{ expiration: LATER }, "Policy missing conditions."],
    [{ expiration: 1, conditions: [] }, "Invalid 'expiration' value: '1'"],
    [
      { expiration: "2999-01-01 00:00:00+00:00", conditions: [] },
      "Invalid 'expiration' value: '2999-01-01 00:00:00+00:00'",
    ],
    [
      { expiration: "2999-02-30T00:00:00Z", conditions: [] },
      "Invalid 'expiration' value: '2999-02-30T00:00:00Z'",
    ],
    [{ expiration: LATER, conditions: {} }, "Invalid 'conditions' value: must be a List."],
  ] as const)("%j", ([policy, problem]) => {
    const message = `Invalid Policy: ${problem}`;
    expect(refusalOf(() => check(policy))).toEqual({ code: "InvalidPolicyDocument", message });
  });

  test("text that is no base64", () => {
    const message = "Invalid Policy: invalid Base64 encoding.";
    for (const text of ["***", "e30=e30=", "{}"])
      expect(refusalOf(() => parsePostPolicy(text))).toMatchObject({ message });
  });

  test.for([
    [{}, ONE_MEMBER],
    [{ a: "1", b: "2" }, ONE_MEMBER],
    [{ a: 1 }, "Invalid Simple-Condition: value must be a string."],
    ["x", "Invalid condition test: must be a List or Object."],
    [[], "Invalid Condition: missing operation identifier."],
    [[["eq"]], "Invalid JSON."],
    [["ends-with", "$key", "x"], "Invalid Condition: unknown operation 'ends-with'."],
    [["eq", "$key"], "Invalid eq: wrong number of arguments."],
    [["eq", "$key", "a", "b"], "Invalid eq: wrong number of arguments."],
    [["eq", "$key", ["a"]], "Invalid JSON."],
    [["content-length-range", 0], "Invalid content-length-range: wrong number of arguments."],
    [
      ["content-length-range", -1, 0],
      "Invalid content-length-range: the bounds must not be negative.",
    ],
  ] as const)("by its condition %j, whatever another says", ([condition, problem]) => {
    const message = `Invalid Policy: ${problem}`;
    expect(refusalOf(() => allows([["eq", "$key", "x"], condition], { key: "y" }))).toEqual({
      code: "InvalidPolicyDocument",
      message,
    });
  });
});

describe("a policy allows", () => {
  test.for([
    [{ KEY: "a" }, { key: "a" }],
    [["EQ", "$Key", "a"], { key: "a" }],
    [["eq", "$key", 1], { key: "1" }],
    [["StArTs-WiTh", "$KeY", "a/"], { key: "a/b" }],
    [["starts-with", "$key", ""], { key: "" }],
    [["starts-with", "$key", "\\$a"], { key: "\\$ab" }],
    [["starts-with", "$Content-Type", "image/"], { "content-type": "image/a, image/b" }],
    [["starts-with", "$x-amz-meta-a", ""], { "x-amz-meta-a": "b", "x-ignore-a": "1" }],
    [["eq", "$key", "a"], { key: "a", policy: "", signature: "", awsaccesskeyid: "", file: "" }],
    [["eq", "$key", "a"], { key: "a", "x-amz-signature": "", "x-amz-checksum-sha256": "" }],
  ] as const)("by %j the fields %j", ([condition, fields]) => {
    expect(allows([condition], fields)).toEqual({ minBytes: 0, maxBytes: Infinity });
  });

  test("a size within all of its ranges, whose bounds may stand in quotes", () => {
    const ranges = [
      ["content-length-range", "5", 10],
      ["Content-Length-Range", 0, "7"],
    ];
    expect(allows(ranges, {})).toEqual({ minBytes: 5, maxBytes: 7 });
  });
});

describe("a policy does not allow", () => {
  test.for([
    [["eq", "$key", "a"], {}, 'Policy Condition failed: ["eq", "$key", "a"]'],
    [["starts-with", "$key", ""], {}, 'Policy Condition failed: ["starts-with", "$key", ""]'],
    [["eq", "$key", "a"], { key: "A" }, 'Policy Condition failed: ["eq", "$key", "a"]'],
    [
      { Acl: "private" },
      { acl: "public-read" },
      'Policy Condition failed: ["eq", "$Acl", "private"]',
    ],
    [
      ["starts-with", "$Content-Type", "image/"],
      { "content-type": "image/a,text/b" },
      'Policy Condition failed: ["starts-with", "$Content-Type", "image/"]',
    ],
    [
      ["eq", "$key", "a"],
      { key: "a", acl: "x", "x-amz-date": "y" },
      "Extra input fields: acl, x-amz-date",
    ],
    [
      ["eq", "$key", "a"],
      { key: "a", "x-amz-security-token": "t" },
      "Extra input fields: x-amz-security-token",
    ],
  ] as const)("by %j the fields %j", ([condition, fields, problem]) => {
    const message = `Invalid according to Policy: ${problem}`;
    expect(refusalOf(() => allows([condition], fields))).toEqual({ code: "AccessDenied", message });
  });

  test("a bucket that it does not name, nor another", () => {
    const policy = { expiration: LATER, conditions: [] };
    expect(refusalOf(() => check(policy)).message).toContain("Extra input fields: bucket");
    const other = { expiration: LATER, conditions: [{ bucket: "other" }] };
    expect(refusalOf(() => check(other)).message).toContain("Policy Condition failed");
  });
});
