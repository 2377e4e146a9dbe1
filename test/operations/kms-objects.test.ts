import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { advanceClock } from "../support/faults.ts";
import { describedKey, expectRefusedKms, kms, newKmsKey } from "../support/kms.ts";
import { keysIn, newName, queried } from "../support/query-api.ts";
import { allowing, newHome, newUser } from "../support/sessions.ts";

afterEach(() => {
  vi.useRealTimers();
});

const encrypted = (keyId: string) => ({
  "x-amz-server-side-encryption": "aws:kms",
  "x-amz-server-side-encryption-aws-kms-key-id": keyId,
});
const KEY_ID = "x-amz-server-side-encryption-aws-kms-key-id";

describe("objects under a key of KMS", () => {
  test("are read after it was rotated on demand, and after its time had come", async () => {
    const bucket = await uniqueBucket();
    const { KeyId } = await newKmsKey();
    await putObject(bucket, "1", "before", encrypted(KeyId));
    await kms("RotateKeyOnDemand", { KeyId });
    await putObject(bucket, "2", "after", encrypted(KeyId));
    await kms("EnableKeyRotation", { KeyId, RotationPeriodInDays: 90 });
    advanceClock(91 * 86_400_000);
    await putObject(bucket, "3", "later", encrypted(KeyId));
    const { Rotations: rotations } = await kms("ListKeyRotations", { KeyId });
    expect(rotations).toMatchObject([{ RotationType: "ON_DEMAND" }, { RotationType: "AUTOMATIC" }]);
    for (const [key, body] of Object.entries({ 1: "before", 2: "after", 3: "later" }))
      expect(await (await signedFetch("GET", `/${bucket}/${key}`)).text()).toBe(body);
  });

  test("stay under the key that an alias had when they were put", async () => {
    const bucket = await uniqueBucket();
    const [one, other] = [await newKmsKey(), await newKmsKey()];
    const alias = `alias/${newName()}`;
    await kms("CreateAlias", { AliasName: alias, TargetKeyId: one.KeyId });
    await putObject(bucket, "1", "x", encrypted(alias));
    await kms("UpdateAlias", { AliasName: alias, TargetKeyId: other.KeyId });
    await putObject(bucket, "2", "x", encrypted(alias));
    await kms("DeleteAlias", { AliasName: alias });
    for (const [key, { Arn }] of Object.entries({ 1: one, 2: other })) {
      const response = await signedFetch("GET", `/${bucket}/${key}`);
      expect([response.headers.get(KEY_ID), await response.text()]).toEqual([Arn, "x"]);
    }
  });

  test("are lost with it, which until then can be taken back", async () => {
    const bucket = await uniqueBucket();
    const { KeyId } = await newKmsKey();
    await putObject(bucket, "k", "x", encrypted(KeyId));
    const path = `/${bucket}/k`;
    await kms("ScheduleKeyDeletion", { KeyId, PendingWindowInDays: 7 });
    await expectError(await signedFetch("GET", path), 400, "KMS.KMSInvalidStateException");
    await kms("CancelKeyDeletion", { KeyId });
    await expectError(await signedFetch("GET", path), 400, "KMS.DisabledException");
    await kms("EnableKey", { KeyId });
    expect(await (await signedFetch("GET", path)).text()).toBe("x");
    await kms("ScheduleKeyDeletion", { KeyId, PendingWindowInDays: 7 });
    advanceClock(8 * 86_400_000);
    await expectError(await signedFetch("GET", path), 400, "KMS.NotFoundException");
    expect((await signedFetch("DELETE", path)).status).toBe(204);
  });
});

test("a user manages keys as far as policies allow it, by their ARNs and tags", async () => {
  const UserName = newName("user");
  await queried("CreateUser", { UserName });
  const keys = keysIn(await queried("CreateAccessKey", { UserName }));
  const mine = await newKmsKey({ Tags: [{ TagKey: "team", TagValue: "red" }] });
  const other = await newKmsKey();
  const asUser = { keys };
  await expectRefusedKms("AccessDeniedException", "DescribeKey", { KeyId: mine.KeyId }, asUser);
  const Statement = [
    { Effect: "Allow", Action: "kms:DescribeKey", Resource: mine.Arn },
    {
      Effect: "Allow",
      Action: ["kms:DisableKey", "kms:CreateAlias"],
      Resource: "*",
      Condition: { StringEquals: { "aws:ResourceTag/team": "red" } },
    },
  ];
  await queried("PutUserPolicy", {
    UserName,
    PolicyName: "keys",
    PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }),
  });
  await kms("DescribeKey", { KeyId: mine.KeyId }, asUser);
  await kms("DisableKey", { KeyId: mine.Arn }, asUser);
  const used = await queried("GetAccessKeyLastUsed", { AccessKeyId: keys.accessKeyId });
  expect(used).toContain("<ServiceName>kms</ServiceName>");
  for (const [action, input] of [
    ["DescribeKey", { KeyId: other.KeyId }],
    ["DisableKey", { KeyId: other.KeyId }],
    ["EnableKey", { KeyId: mine.KeyId }],
    ["ListKeys", {}],
    ["CreateKey", {}],
    // An alias is asked for beside its key, and has no tags.
    ["CreateAlias", { AliasName: `alias/${newName()}`, TargetKeyId: mine.KeyId }],
  ] as const)
    await expectRefusedKms("AccessDeniedException", action, input, asUser);
});

describe("a key that is made at its first use", () => {
  const DEFAULT_KEY = { KeyId: "alias/aws/s3" };

  test("is not made for whoever may not use it, however many regions it makes up", async () => {
    const home = await newHome();
    const user = await newUser(home);
    const input = { ...DEFAULT_KEY, TargetKeyId: "alias/aws/s3", AliasName: "alias/a" };
    for (const action of ["DescribeKey", "EnableKey", "CreateAlias"])
      for (const region of ["nowhere-1", "nowhere-2"])
        await expectRefusedKms("AccessDeniedException", action, input, { keys: user, region });
    const made = await runInDurableObject(env.DIRECTORY.getByName("directory"), (_, { storage }) =>
      storage.sql.exec("SELECT id FROM kms_key WHERE account_id = ?", home.id).toArray(),
    );
    expect(made).toEqual([]);
  });

  test("is made for whom a policy lets use every key", async () => {
    const home = await newHome();
    const keys = await newUser(home, allowing("kms:DescribeKey"));
    const made = await describedKey("alias/aws/s3", { keys });
    expect(await describedKey("alias/aws/s3", { keys: home.keys })).toEqual(made);
  });

  test("is not made where the account has as many keys as it may", async () => {
    const { id, keys } = await newHome();
    await runInDurableObject(env.DIRECTORY.getByName("directory"), (_, { storage }) => {
      storage.sql.exec(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
         INSERT INTO kms_key (account_id, id, region, name, kind, state, created_ms, version)
         SELECT ?, 'k' || i, 'r', 'k' || i, 'customer', 'Enabled', 0, 1 FROM n`,
        id,
      );
    });
    await expectRefusedKms("LimitExceededException", "CreateKey", {}, { keys });
    await expectRefusedKms("NotFoundException", "DescribeKey", DEFAULT_KEY, { keys });
  });
});

test("an alias cannot be taken from a key that the caller may not use", async () => {
  const home = await newHome();
  const [theirs, mine] = [
    await newKmsKey({}, { keys: home.keys }),
    await newKmsKey({}, { keys: home.keys }),
  ];
  const AliasName = `alias/${newName()}`;
  await kms("CreateAlias", { AliasName, TargetKeyId: theirs.KeyId }, { keys: home.keys });
  const aliases = `arn:aws:kms:us-east-1:${home.id}:alias/*`;
  const keys = await newUser(home, allowing("kms:UpdateAlias", [aliases, mine.Arn]));
  const input = { AliasName, TargetKeyId: mine.KeyId };
  await expectRefusedKms("AccessDeniedException", "UpdateAlias", input, { keys });
  expect(await describedKey(AliasName, { keys: home.keys })).toEqual(theirs);
});

test.for(["us:east", "*", "a".repeat(65)])(
  "KMS is asked for the region %o in vain",
  async (region) => {
    await expectRefusedKms("InvalidSignatureException", "ListKeys", {}, { region });
  },
);
