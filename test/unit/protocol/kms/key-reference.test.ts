import { expect, test } from "vitest";
import { missingKey, readKeyReference } from "../../../../src/protocol/kms/key-reference.ts";

const UUID = "134f2428-cec1-4b25-a1ae-9048164dba47";
const MULTI_REGION = "mrk-134f2428cec14b25a1ae9048164dba47";
const REGION = "us-east-1";
const ACCOUNT = "111111111111";
const OWN = `arn:aws:kms:${REGION}:${ACCOUNT}`;

test.for([
  [UUID, UUID],
  [MULTI_REGION, MULTI_REGION],
  ["testkey-1", "testkey-1"],
  ["alias/aws/s3", "alias/aws/s3"],
  ["alias", "alias"],
  [`${OWN}:key/${UUID}`, UUID],
  [`arn:aws-cn:kms:${REGION}:${ACCOUNT}:key/${UUID}`, UUID],
  [`${OWN}:alias/app`, "alias/app"],
] as const)("%s is the account's key %s", ([text, name]) => {
  expect(readKeyReference(text, ACCOUNT, REGION)).toEqual({ name });
});

test.for([
  "",
  "alias/",
  "a/b",
  "key/app",
  "a".repeat(129),
  "app ",
  `${OWN}:app`,
  `${OWN}:key/alias/app`,
  `arn:aws:kms:${REGION}:1111:key/app`,
  `arn:aws:s3:${REGION}:${ACCOUNT}:key/app`,
  `arn:aws:kms::${ACCOUNT}:key/app`,
])("no key is named %j", (text) => {
  const missing = `Invalid keyId '${text}'`;
  expect(readKeyReference(text, ACCOUNT, REGION)).toEqual({ missing });
});

test("a key of another region is missing, and one of another account is foreign", () => {
  const read = (text: string) => readKeyReference(text, ACCOUNT, REGION);
  const elsewhere = `arn:aws:kms:us-west-2:${ACCOUNT}:key/app`;
  expect(read(elsewhere)).toEqual({ missing: "Invalid arn us-west-2" });
  const foreignArn = `arn:aws:kms:${REGION}::key/app`;
  expect(read(foreignArn)).toEqual({ foreignArn });
  expect(readKeyReference(foreignArn, "", REGION)).toEqual({ name: "app" });
});

test.for([
  [UUID, `Key '${OWN}:key/${UUID}' does not exist`],
  [MULTI_REGION, `Key '${OWN}:key/${MULTI_REGION}' does not exist`],
  ["134f2428cec14b25a1ae9048164dba47", "Invalid keyId '134f2428cec14b25a1ae9048164dba47'"],
  ["mrk-fake-key-id", "Invalid keyId 'mrk-fake-key-id'"],
  ["alias/app", `Alias ${OWN}:alias/app is not found.`],
] as const)("when there is no %s, the text is %s", ([name, message]) => {
  expect(missingKey(ACCOUNT, REGION, name)).toBe(message);
});
