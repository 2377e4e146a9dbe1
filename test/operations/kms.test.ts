import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import kmsModel from "../model/kms-actions.json" with { type: "json" };
import { KMS_ACTIONS, NOT_BUILT_KMS_ACTIONS } from "../../src/operations/kms/kms-actions.ts";
import { newAccount, newKeys } from "../support/accounts.ts";
import { ENDPOINT, expectError, rawFetch } from "../support/client.ts";
import { advanceClock, faultyEnv } from "../support/faults.ts";
import {
  describedKey,
  expectKmsError,
  type KeyMetadata,
  kms,
  newKmsKey,
  expectRefusedKms,
  sendKms,
} from "../support/kms.ts";
import { newName } from "../support/query-api.ts";

afterEach(() => {
  vi.useRealTimers();
});

const OWN = `arn:aws:kms:us-east-1:${env.ACCOUNT_ID}`;
const NO_KEY = "134f2428-cec1-4b25-a1ae-9048164dba47";
const DAY_MS = 86_400_000;

test("every action of AWS's model is built, or refused by its name", () => {
  const known = [...Object.keys(KMS_ACTIONS), ...NOT_BUILT_KMS_ACTIONS];
  expect(known.toSorted()).toEqual(kmsModel);
});

describe("a key", () => {
  test("is described as AWS does", async () => {
    const made = await newKmsKey({ Description: "test key 123", KeyUsage: "ENCRYPT_DECRYPT" });
    expect(made).toEqual({
      AWSAccountId: env.ACCOUNT_ID,
      Arn: `${OWN}:key/${made.KeyId}`,
      CreationDate: expect.closeTo(Date.now() / 1000, -1),
      CurrentKeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/),
      CustomerMasterKeySpec: "SYMMETRIC_DEFAULT",
      Description: "test key 123",
      Enabled: true,
      EncryptionAlgorithms: ["SYMMETRIC_DEFAULT"],
      KeyId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      KeyManager: "CUSTOMER",
      KeySpec: "SYMMETRIC_DEFAULT",
      KeyState: "Enabled",
      KeyUsage: "ENCRYPT_DECRYPT",
      MultiRegion: false,
      Origin: "AWS_KMS",
    });
    for (const id of [made.KeyId, made.Arn]) expect(await describedKey(id)).toEqual(made);
  });

  test("is listed with the others of its account and region, in pages", async () => {
    const { keys } = await newAccount();
    const made = [];
    for (let n = 0; n < 3; n += 1) made.push((await newKmsKey({}, { keys })).KeyId);
    await newKmsKey({}, { keys, region: "eu-west-1" });
    const listed: string[] = [];
    let marker: unknown;
    do {
      const input = { Limit: 2, ...(marker !== undefined && { Marker: marker }) };
      const page = await kms("ListKeys", input, { keys });
      listed.push(...(page["Keys"] as KeyMetadata[]).map(({ KeyId }) => KeyId));
      marker = page["NextMarker"];
      expect(page["Truncated"]).toBe(marker !== undefined);
    } while (marker !== undefined);
    expect(listed).toEqual(made.toSorted());
  });

  test("is another account's to nobody, and there in no other region", async () => {
    const { keys } = await newAccount();
    const { Arn, KeyId } = await newKmsKey();
    await expectRefusedKms("AccessDeniedException", "DescribeKey", { KeyId: Arn }, { keys });
    await expectRefusedKms("NotFoundException", "DescribeKey", { KeyId }, { keys });
    const elsewhere = { region: "us-west-2" };
    const missing = await expectRefusedKms(
      "NotFoundException",
      "DescribeKey",
      { KeyId },
      elsewhere,
    );
    expect(missing).toBe(
      `Key 'arn:aws:kms:us-west-2:${env.ACCOUNT_ID}:key/${KeyId}' does not exist`,
    );
    const arn = await expectRefusedKms(
      "NotFoundException",
      "DescribeKey",
      { KeyId: Arn },
      elsewhere,
    );
    expect(arn).toBe("Invalid arn us-east-1");
  });

  test("has a description that can be changed", async () => {
    const { KeyId } = await newKmsKey();
    await kms("UpdateKeyDescription", { KeyId, Description: "other" });
    expect(await describedKey(KeyId)).toMatchObject({ Description: "other" });
  });

  test.for([
    { KeySpec: "RSA_2048", KeyUsage: "SIGN_VERIFY" },
    { CustomerMasterKeySpec: "HMAC_256" },
    { KeyUsage: "GENERATE_VERIFY_MAC" },
    { Origin: "EXTERNAL" },
    { MultiRegion: true },
  ])("%o is not made", async (input) => {
    await expectRefusedKms("UnsupportedOperationException", "CreateKey", input);
  });
});

describe("the states of a key", () => {
  test("are Enabled, Disabled, and PendingDeletion, and back to Disabled", async () => {
    const { Arn, KeyId } = await newKmsKey();
    await kms("DisableKey", { KeyId });
    expect(await describedKey(KeyId)).toMatchObject({ Enabled: false, KeyState: "Disabled" });
    await kms("EnableKey", { KeyId });
    expect(await describedKey(KeyId)).toMatchObject({ Enabled: true, KeyState: "Enabled" });
    const scheduled = await kms("ScheduleKeyDeletion", { KeyId, PendingWindowInDays: 7 });
    expect(scheduled).toEqual({
      KeyId: Arn,
      DeletionDate: expect.closeTo((Date.now() + 7 * DAY_MS) / 1000, -1),
      KeyState: "PendingDeletion",
      PendingWindowInDays: 7,
    });
    expect(await describedKey(KeyId)).toMatchObject({
      Enabled: false,
      KeyState: "PendingDeletion",
      DeletionDate: scheduled["DeletionDate"],
    });
    expect(await kms("CancelKeyDeletion", { KeyId })).toEqual({ KeyId: Arn });
    const cancelled = await describedKey(KeyId);
    expect(cancelled).toMatchObject({ Enabled: false, KeyState: "Disabled" });
    expect(cancelled).not.toHaveProperty("DeletionDate");
    const message = await expectRefusedKms("KMSInvalidStateException", "CancelKeyDeletion", {
      KeyId,
    });
    expect(message).toBe(`${Arn} is not pending deletion.`);
  });

  test("end with the key when its time has come, its aliases too", async () => {
    const { KeyId } = await newKmsKey();
    const alias = `alias/${newName()}`;
    await kms("CreateAlias", { AliasName: alias, TargetKeyId: KeyId });
    await kms("ScheduleKeyDeletion", { KeyId });
    advanceClock(30 * DAY_MS - 60_000);
    expect(await describedKey(alias)).toMatchObject({ KeyState: "PendingDeletion" });
    advanceClock(120_000);
    await expectRefusedKms("NotFoundException", "DescribeKey", { KeyId });
    await expectRefusedKms("NotFoundException", "DescribeKey", { KeyId: alias });
  });

  test.for([
    ["EnableKey", {}],
    ["DisableKey", {}],
    ["ScheduleKeyDeletion", {}],
    ["EnableKeyRotation", {}],
    ["DisableKeyRotation", {}],
    ["RotateKeyOnDemand", {}],
    ["UpdateKeyDescription", { Description: "other" }],
    ["TagResource", { Tags: [{ TagKey: "k", TagValue: "v" }] }],
    ["UntagResource", { TagKeys: ["k"] }],
  ] as const)("let nobody %s a key that is to be deleted", async ([action, input]) => {
    const { Arn, KeyId } = await newKmsKey();
    await kms("ScheduleKeyDeletion", { KeyId });
    const message = await expectRefusedKms("KMSInvalidStateException", action, { KeyId, ...input });
    expect(message).toBe(`${Arn} is pending deletion.`);
  });

  test.for([0, 6, 31, 366, "soon"])("take no window of %s days", async (days) => {
    const { KeyId } = await newKmsKey();
    const input = { KeyId, PendingWindowInDays: days };
    await expectRefusedKms("ValidationException", "ScheduleKeyDeletion", input);
    expect(await describedKey(KeyId)).toMatchObject({ KeyState: "Enabled" });
  });
});

describe("keys that nobody has made", () => {
  test("are the account's for S3, by its alias, which nobody changes", async () => {
    const { id, keys } = await newAccount();
    const key = await describedKey("alias/aws/s3", { keys });
    expect(key).toMatchObject({
      AWSAccountId: id,
      Description: "Default key that protects my S3 objects when no other key is defined",
      KeyManager: "AWS",
    });
    const { KeyId } = key;
    expect(await kms("GetKeyRotationStatus", { KeyId }, { keys })).toMatchObject({
      KeyRotationEnabled: true,
      RotationPeriodInDays: 365,
    });
    for (const action of ["DisableKey", "ScheduleKeyDeletion", "RotateKeyOnDemand"])
      await expectRefusedKms("AccessDeniedException", action, { KeyId }, { keys });
    expect(await describedKey(KeyId, { keys })).toEqual(key);
  });

  test("are those that the deployment declares, by their names", async () => {
    const bindings = faultyEnv({ KMS_KEYS: "testkey-1, testkey-2" });
    const { id, keys } = await newAccount();
    const { Keys: listed } = await kms("ListKeys", {}, { keys, bindings });
    const arn = `arn:aws:kms:us-east-1:${id}:key/testkey-1`;
    expect(listed).toMatchObject([{ KeyId: "testkey-1", KeyArn: arn }, { KeyId: "testkey-2" }]);
    await kms("DisableKey", { KeyId: "testkey-1" }, { keys, bindings });
    expect(await describedKey(arn, { keys, bindings })).toMatchObject({ KeyState: "Disabled" });
  });

  test("are not SSE-S3's, which is no key of KMS", async () => {
    const { keys } = await newAccount();
    expect((await kms("ListKeys", {}, { keys }))["Keys"]).toEqual([]);
    await expectRefusedKms("NotFoundException", "DescribeKey", { KeyId: "sse-s3" }, { keys });
  });
});

// https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/kms/key.go
test("Terraform's calls for a key and an alias work, in their order", async () => {
  const { keys } = await newAccount();
  const send = (action: string, input: object) => kms(action, input, { keys });
  const { KeyId, Arn } = await newKmsKey(
    {
      BypassPolicyLockoutSafetyCheck: false,
      CustomerMasterKeySpec: "SYMMETRIC_DEFAULT",
      Description: "app",
      KeyUsage: "ENCRYPT_DECRYPT",
      MultiRegion: false,
      Tags: [{ TagKey: "a", TagValue: "1" }],
    },
    { keys },
  );
  await send("EnableKeyRotation", { KeyId });
  expect(await send("GetKeyRotationStatus", { KeyId })).toMatchObject({ KeyRotationEnabled: true });
  const { Policy } = await send("GetKeyPolicy", { KeyId, PolicyName: "default" });
  await send("PutKeyPolicy", { KeyId, PolicyName: "default", Policy });
  expect(await send("ListResourceTags", { KeyId })).toMatchObject({ Truncated: false });
  await send("CreateAlias", { AliasName: "alias/tf", TargetKeyId: KeyId });
  expect(await send("ListAliases", {})).toMatchObject({ Aliases: [{ TargetKeyId: KeyId }] });
  await send("UpdateKeyDescription", { KeyId, Description: "other" });
  await send("DeleteAlias", { AliasName: "alias/tf" });
  await send("ScheduleKeyDeletion", { KeyId, PendingWindowInDays: 7 });
  expect(await describedKey(Arn, { keys })).toMatchObject({ KeyState: "PendingDeletion" });
});

// https://github.com/localstack/localstack/blob/main/tests/aws/services/kms/test_kms.snapshot.json
test.for([
  ["fake-key-id", "Invalid keyId 'fake-key-id'"],
  ["134f2428cec14b25a1ae9048164dba47", "Invalid keyId '134f2428cec14b25a1ae9048164dba47'"],
  ["mrk-fake-key-id", "Invalid keyId 'mrk-fake-key-id'"],
  [NO_KEY, `Key '${OWN}:key/${NO_KEY}' does not exist`],
  [`${OWN}:key/${NO_KEY}`, `Key '${OWN}:key/${NO_KEY}' does not exist`],
] as const)("the key %s is not found: %s", async ([KeyId, message]) => {
  for (const action of ["DescribeKey", "RotateKeyOnDemand", "GetKeyPolicy", "ListResourceTags"])
    expect(await expectRefusedKms("NotFoundException", action, { KeyId })).toBe(message);
});

describe("a request is refused", () => {
  test.for([
    ["Encrypt", "{}", 501, "NotImplementedException"],
    ["Nonsense", "{}", 400, "UnknownOperationException"],
    ["toString", "{}", 400, "UnknownOperationException"],
    ["ListKeys", "", 400, "SerializationException"],
    ["ListKeys", "[]", 400, "SerializationException"],
    ["ListKeys", '{"Limit": 1, "Limit": 2}', 400, "SerializationException"],
    ["ListKeys", '{"Limit": 0}', 400, "ValidationException"],
    ["ListKeys", '{"Marker": "x"}', 400, "InvalidMarkerException"],
    ["DescribeKey", "{}", 400, "ValidationException"],
    ["DescribeKey", '{"KeyId": null}', 400, "ValidationException"],
    ["DescribeKey", '{"KeyId": {}}', 400, "ValidationException"],
    ["ListKeys", " ".repeat(1024 * 1024 + 1), 413, "RequestEntityTooLargeException"],
  ] as const)("%s with %s is %d %s", async ([action, body, status, code]) => {
    await expectKmsError(await sendKms(action, body), status, code);
  });

  test("whose key nobody has, or whose secret is another", async () => {
    await expectRefusedKms("UnrecognizedClientException", "ListKeys", {}, { keys: newKeys() });
    const { keys } = await newAccount();
    const wrong = { ...keys, secretAccessKey: "another secret" };
    await expectRefusedKms("InvalidSignatureException", "ListKeys", {}, { keys: wrong });
  });

  test("that is signed for another service, or not at all", async () => {
    await expectRefusedKms("IncompleteSignatureException", "ListKeys", {}, { service: "s3" });
    const headers = { "x-amz-target": "TrentService.ListKeys" };
    const unsigned = await rawFetch(`${ENDPOINT}/`, { method: "POST", headers, body: "{}" });
    await expectKmsError(unsigned, 400, "MissingAuthenticationTokenException");
  });

  test("by a deployment without MASTER_KEY, by its name", async () => {
    const bindings = faultyEnv({ MASTER_KEY: "" } as Partial<Cloudflare.Env>);
    const response = await sendKms("ListKeys", "{}", { bindings });
    const message = await expectKmsError(response, 501, "NotImplementedException");
    expect(message).toContain("MASTER_KEY");
  });
});

test("another service's target is no request of KMS", async () => {
  const headers = { "x-amz-target": "DynamoDB_20120810.ListTables" };
  const response = await rawFetch(`${ENDPOINT}/`, { method: "POST", headers, body: "{}" });
  await expectError(response, 405, "MethodNotAllowed");
});
