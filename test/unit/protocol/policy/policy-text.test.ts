import { expect, test } from "vitest";
import { contextKeysOf } from "../../../../src/protocol/policy/context-keys.ts";
import { readPolicy } from "../../../../src/protocol/policy/document.ts";
import { statementSpans } from "../../../../src/protocol/policy/statement-positions.ts";

const MANY = `{
  "Version": "2012-10-17", "Id": "}{",
  "Statement": [
    { "Sid": "\\"{", "Effect": "Allow",
      "Condition": { "StringLike": { "s3:prefix": "{" } }
    },
    {}
  ]
}`;

test("statements are found where they stand, whatever their texts are", () => {
  expect(statementSpans(MANY)).toEqual([
    { start: { line: 4, column: 5 }, end: { line: 6, column: 6 } },
    { start: { line: 7, column: 5 }, end: { line: 7, column: 7 } },
  ]);
  expect(statementSpans('{"Statement":{"Effect":"Deny"},"Id":"a"}')).toEqual([
    { start: { line: 1, column: 14 }, end: { line: 1, column: 31 } },
  ]);
});

test("the keys of conditions and of variables are told once each, as they are written", () => {
  const policy = readPolicy(
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: "s3:*",
          Resource: "arn:aws:s3:::${aws:PrincipalTag/team, 'none'}/${*}/${aws:username}",
          Condition: {
            StringLike: { "s3:prefix": ["${aws:userid}/*", "${$}"] },
            Bool: { "AWS:SecureTransport": "true" },
          },
        },
        { Effect: "Deny", Action: "*", NotResource: "${aws:UserName}", Condition: {} },
      ],
    }),
  );
  expect(contextKeysOf(policy).map((key) => key.toLowerCase())).toEqual([
    "aws:securetransport",
    "aws:principaltag/team",
    "aws:username",
    "aws:userid",
    "s3:prefix",
  ]);
});
