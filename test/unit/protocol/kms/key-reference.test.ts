import { expect, test } from "vitest";
import { readKeyReference } from "../../../../src/protocol/kms/key-reference.ts";

const UUID = "134f2428-cec1-4b25-a1ae-9048164dba47";
const OF = { region: "us-east-1", accountId: "111111111111" };

test.for([
  [UUID, { name: UUID }],
  ["mrk-134f2428cec14b25a1ae9048164dba47", { name: "mrk-134f2428cec14b25a1ae9048164dba47" }],
  ["testkey-1", { name: "testkey-1" }],
  ["alias/aws/s3", { name: "alias/aws/s3" }],
  [`arn:aws:kms:us-east-1:111111111111:key/${UUID}`, { name: UUID, of: OF }],
  [`arn:aws-cn:kms:us-east-1:111111111111:key/${UUID}`, { name: UUID, of: OF }],
  ["arn:aws:kms:us-east-1:111111111111:alias/app", { name: "alias/app", of: OF }],
  ["arn:aws:kms:us-east-1::key/app", { name: "app", of: { ...OF, accountId: "" } }],
  ["", undefined],
  ["alias/", undefined],
  ["alias", { name: "alias" }],
  ["a/b", undefined],
  ["key/app", undefined],
  ["a".repeat(129), undefined],
  ["app ", undefined],
  ["arn:aws:kms:us-east-1:111111111111:app", undefined],
  ["arn:aws:kms:us-east-1:111111111111:key/alias/app", undefined],
  ["arn:aws:kms:us-east-1:1111:key/app", undefined],
  ["arn:aws:s3:us-east-1:111111111111:key/app", undefined],
  ["arn:aws:kms::111111111111:key/app", undefined],
] as const)("a key is named %s", ([text, expected]) => {
  expect(readKeyReference(text)).toEqual(expected);
});
