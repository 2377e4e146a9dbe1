import { expect, test } from "vitest";
import { documentSize } from "../../../../src/protocol/policy/iam-document.ts";
import { readIdentityPolicy } from "../../../../src/protocol/policy/identity-policy.ts";
import vectors from "../../../vectors/policy/identity-policies.json";

test.for(vectors.refused)(
  "a document with $name is MalformedPolicyDocument",
  ({ policy, message }) => {
    expect(messageOf(policy)).toBe(message);
  },
);

function messageOf(policy: string): string {
  try {
    readIdentityPolicy(policy);
    return "accepted";
  } catch (error) {
    return (error as Error).message;
  }
}

test.for(vectors.accepted)("a document with $name is accepted", ({ policy }) => {
  expect(messageOf(policy)).toBe("accepted");
});

test("white space does not count, unless there is little else", () => {
  expect(documentSize('{\n  "Version": "2012-10-17" }\r\n')).toBe(24);
  expect(documentSize(`{${" ".repeat(94)}}`)).toBe(24);
  expect(documentSize(`{}${" ".repeat(131_070)}`)).toBe(32_768);
});
