import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { newAccount } from "../support/accounts.ts";
import { describedKey, expectRefusedKms, kms, newKmsKey } from "../support/kms.ts";
import { newName } from "../support/query-api.ts";

const OWN = `arn:aws:kms:us-east-1:${env.ACCOUNT_ID}`;
const NO_KEY = "134f2428-cec1-4b25-a1ae-9048164dba47";
const DAY_MS = 86_400_000;

describe("an alias", () => {
  interface Alias {
    readonly AliasName: string;
    readonly TargetKeyId: string;
  }
  const aliasesOf = async (KeyId: string): Promise<readonly Alias[]> => {
    const { Aliases: aliases } = await kms("ListAliases", { KeyId });
    return aliases as readonly Alias[];
  };

  test("is another name of a key, moves to another one, and goes", async () => {
    const [one, other] = [await newKmsKey(), await newKmsKey()];
    const alias = `alias/${newName()}`;
    await kms("CreateAlias", { AliasName: alias, TargetKeyId: one.KeyId });
    const arn = `${OWN}:${alias}`;
    for (const name of [alias, arn]) expect(await describedKey(name)).toEqual(one);
    expect(await aliasesOf(one.KeyId)).toEqual([
      {
        AliasArn: arn,
        AliasName: alias,
        CreationDate: expect.closeTo(Date.now() / 1000, -1),
        LastUpdatedDate: expect.closeTo(Date.now() / 1000, -1),
        TargetKeyId: one.KeyId,
      },
    ]);
    await kms("UpdateAlias", { AliasName: alias, TargetKeyId: other.Arn });
    expect(await describedKey(alias)).toEqual(other);
    expect(await aliasesOf(one.KeyId)).toEqual([]);
    expect(await aliasesOf(other.KeyId)).toMatchObject([{ AliasName: alias }]);
    await kms("DeleteAlias", { AliasName: alias });
    const message = await expectRefusedKms("NotFoundException", "DescribeKey", { KeyId: alias });
    expect(message).toBe(`Alias ${arn} is not found.`);
  });

  test("is listed with the others of the account, in pages", async () => {
    const { keys } = await newAccount();
    const { KeyId } = await newKmsKey({}, { keys });
    const names = ["alias/a", "alias/b", "alias/c"];
    for (const AliasName of names)
      await kms("CreateAlias", { AliasName, TargetKeyId: KeyId }, { keys });
    const first = await kms("ListAliases", { Limit: 2 }, { keys });
    const rest = await kms("ListAliases", { Marker: first["NextMarker"] }, { keys });
    const listed = [first, rest].flatMap((page) => page["Aliases"] as readonly Alias[]);
    expect(listed.map(({ AliasName }) => AliasName)).toEqual(names);
    expect(rest["Truncated"]).toBe(false);
  });

  test("is refused where it is none, is KMS's own, is there, or is not", async () => {
    const { KeyId: TargetKeyId } = await newKmsKey();
    const AliasName = `alias/${newName()}`;
    await kms("CreateAlias", { AliasName, TargetKeyId });
    for (const [code, action, input] of [
      ["ValidationException", "CreateAlias", { AliasName: "app", TargetKeyId }],
      ["ValidationException", "CreateAlias", { AliasName: "alias/a b", TargetKeyId }],
      ["ValidationException", "CreateAlias", { AliasName: "alias/a:b", TargetKeyId }],
      ["ValidationException", "CreateAlias", { AliasName: "alias/x", TargetKeyId: AliasName }],
      ["NotAuthorizedException", "CreateAlias", { AliasName: "alias/aws/x", TargetKeyId }],
      ["AlreadyExistsException", "CreateAlias", { AliasName, TargetKeyId }],
      ["NotFoundException", "CreateAlias", { AliasName: "alias/x", TargetKeyId: NO_KEY }],
      ["NotFoundException", "UpdateAlias", { AliasName: `${AliasName}-2`, TargetKeyId }],
      ["NotFoundException", "DeleteAlias", { AliasName: `${AliasName}-2` }],
      ["NotAuthorizedException", "DeleteAlias", { AliasName: "alias/aws/s3" }],
    ] as const)
      await expectRefusedKms(code, action, input);
    const missing = await expectRefusedKms("AlreadyExistsException", "CreateAlias", {
      AliasName,
      TargetKeyId,
    });
    expect(missing).toBe(`An alias with the name ${OWN}:${AliasName} already exists`);
  });
});

describe("tags", () => {
  const shown = async (KeyId: string): Promise<unknown> =>
    (await kms("ListResourceTags", { KeyId }))["Tags"];
  const tag = (TagKey: string, TagValue = "v") => ({ TagKey, TagValue });

  test("are given, changed, and taken away", async () => {
    const { KeyId } = await newKmsKey({ Tags: [tag("1"), tag("2"), tag("3")] });
    expect(await shown(KeyId)).toEqual([tag("1"), tag("2"), tag("3")]);
    await kms("TagResource", { KeyId, Tags: [tag("2", "other"), tag("4")] });
    expect(await shown(KeyId)).toEqual([tag("1"), tag("2", "other"), tag("3"), tag("4")]);
    const page = await kms("ListResourceTags", { KeyId, Limit: 3 });
    const rest = await kms("ListResourceTags", { KeyId, Marker: page["NextMarker"] });
    expect(rest).toEqual({ Tags: [tag("4")], Truncated: false });
    await kms("UntagResource", { KeyId, TagKeys: ["1", "2", "3", "4", "none"] });
    expect(await shown(KeyId)).toEqual([]);
  });

  test.for([
    [[tag("k"), tag("k")], "TagException", "Duplicate tag keys"],
    [[tag("aws:k")], "TagException", "Tags beginning with aws: are reserved"],
    [[tag("AWS:k")], "TagException", "Tags beginning with aws: are reserved"],
    [Array.from({ length: 51 }, (_, i) => tag(`${i}`)), "TagException", "Too many tags"],
    [
      [tag("k".repeat(129))],
      "ValidationException",
      `1 validation error detected: Value '${"k".repeat(129)}' at 'tags.1.member.tagKey' failed to satisfy constraint: Member must have length less than or equal to 128`,
    ],
    [
      [tag("k", "v".repeat(257))],
      "ValidationException",
      `1 validation error detected: Value '${"v".repeat(257)}' at 'tags.1.member.tagValue' failed to satisfy constraint: Member must have length less than or equal to 256`,
    ],
  ] as const)("that are wrong are refused as by AWS (%#)", async ([Tags, code, message]) => {
    expect(await expectRefusedKms(code, "CreateKey", { Tags })).toBe(message);
    const { KeyId } = await newKmsKey();
    expect(await expectRefusedKms(code, "TagResource", { KeyId, Tags })).toBe(message);
    expect(await shown(KeyId)).toEqual([]);
  });

  test("are 50 at most, those before included", async () => {
    const Tags = Array.from({ length: 50 }, (_, i) => tag(`${i}`));
    const { KeyId } = await newKmsKey({ Tags });
    const message = await expectRefusedKms("TagException", "TagResource", {
      KeyId,
      Tags: [tag("k")],
    });
    expect(message).toBe("Too many tags");
    await kms("TagResource", { KeyId, Tags: [tag("0", "other")] });
  });
});

describe("rotation", () => {
  test("is off, then by the period, then off again", async () => {
    const { Arn, KeyId } = await newKmsKey();
    const off = { KeyId: Arn, KeyRotationEnabled: false };
    expect(await kms("GetKeyRotationStatus", { KeyId })).toEqual(off);
    await kms("EnableKeyRotation", { KeyId, RotationPeriodInDays: 90 });
    expect(await kms("GetKeyRotationStatus", { KeyId })).toEqual({
      KeyId: Arn,
      KeyRotationEnabled: true,
      NextRotationDate: expect.closeTo((Date.now() + 90 * DAY_MS) / 1000, -1),
      RotationPeriodInDays: 90,
    });
    await kms("DisableKeyRotation", { KeyId });
    expect(await kms("GetKeyRotationStatus", { KeyId })).toEqual(off);
  });

  test("on demand gives new material, which is told", async () => {
    const made = await newKmsKey();
    const { Arn, KeyId } = made;
    expect(await kms("RotateKeyOnDemand", { KeyId })).toEqual({ KeyId: Arn });
    const rotated = await describedKey(KeyId);
    expect(rotated["CurrentKeyMaterialId"]).not.toBe(made["CurrentKeyMaterialId"]);
    const { Rotations: rotations } = await kms("ListKeyRotations", { KeyId });
    expect(rotations).toEqual([
      {
        KeyId,
        KeyMaterialId: rotated["CurrentKeyMaterialId"],
        RotationDate: expect.closeTo(Date.now() / 1000, -1),
        RotationType: "ON_DEMAND",
      },
    ]);
  });

  test("on demand happens once for each of several at once, and 25 times at most", async () => {
    const { Arn, KeyId } = await newKmsKey();
    const rotate = () => kms("RotateKeyOnDemand", { KeyId });
    await Promise.all([rotate(), rotate(), rotate()]);
    for (let n = 3; n < 25; n += 1) await rotate();
    const { Rotations: rotations } = await kms("ListKeyRotations", { KeyId });
    expect(rotations).toHaveLength(25);
    const message = await expectRefusedKms("LimitExceededException", "RotateKeyOnDemand", {
      KeyId,
    });
    expect(message).toBe(
      `The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${Arn}`,
    );
    const page = await kms("ListKeyRotations", { KeyId, Limit: 20 });
    const rest = await kms("ListKeyRotations", { KeyId, Marker: page["NextMarker"] });
    expect([page["Rotations"], rest["Rotations"]].map((part) => (part as []).length)).toEqual([
      20, 5,
    ]);
  });

  test("is not to be had of a disabled key", async () => {
    const { Arn, KeyId } = await newKmsKey();
    await kms("DisableKey", { KeyId });
    for (const action of ["EnableKeyRotation", "RotateKeyOnDemand"])
      expect(await expectRefusedKms("DisabledException", action, { KeyId })).toBe(
        `${Arn} is disabled.`,
      );
  });
});

describe("a key policy", () => {
  const policyOf = (principal: unknown, rest: object = {}): string =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Principal: principal, Action: "kms:*", Resource: "*", ...rest },
      ],
    });
  const ROOT_ARN = `arn:aws:iam::${env.ACCOUNT_ID}:root`;

  test("is the default, or one that says the same", async () => {
    const { KeyId } = await newKmsKey();
    const { Policy: fresh, PolicyName } = await kms("GetKeyPolicy", { KeyId });
    expect(PolicyName).toBe("default");
    expect(JSON.parse(String(fresh))).toMatchObject({
      Id: "key-default-1",
      Statement: [{ Effect: "Allow", Principal: { AWS: ROOT_ARN }, Action: "kms:*" }],
    });
    const put = policyOf({ AWS: [ROOT_ARN] }, { Action: ["kms:*"], Sid: "all" });
    await kms("PutKeyPolicy", { KeyId, PolicyName: "default", Policy: put });
    expect(await kms("GetKeyPolicy", { KeyId })).toMatchObject({ Policy: put });
    const made = await newKmsKey({ Policy: put });
    expect(await kms("GetKeyPolicy", { KeyId: made.KeyId })).toMatchObject({ Policy: put });
    expect(await kms("ListKeyPolicies", { KeyId })).toEqual({
      PolicyNames: ["default"],
      Truncated: false,
    });
  });

  test.for([
    ["a text", "MalformedPolicyDocumentException"],
    ["[]", "MalformedPolicyDocumentException"],
    ["{}", "UnsupportedOperationException"],
    [policyOf("*"), "UnsupportedOperationException"],
    [policyOf({ AWS: "arn:aws:iam::999999999999:root" }), "UnsupportedOperationException"],
    [policyOf({ AWS: [ROOT_ARN, "*"] }), "UnsupportedOperationException"],
    [policyOf({ AWS: ROOT_ARN }, { Effect: "Deny" }), "UnsupportedOperationException"],
    [policyOf({ AWS: ROOT_ARN }, { Action: "kms:Decrypt" }), "UnsupportedOperationException"],
    [policyOf({ AWS: ROOT_ARN }, { Condition: {} }), "UnsupportedOperationException"],
  ] as const)("%s is %s, and changes nothing", async ([Policy, code]) => {
    const { KeyId } = await newKmsKey();
    const before = await kms("GetKeyPolicy", { KeyId });
    await expectRefusedKms(code, "PutKeyPolicy", { KeyId, Policy });
    await expectRefusedKms(code, "CreateKey", { Policy });
    expect(await kms("GetKeyPolicy", { KeyId })).toEqual(before);
  });

  test("has no other name", async () => {
    const { KeyId } = await newKmsKey();
    const input = { KeyId, PolicyName: "other" };
    await expectRefusedKms("NotFoundException", "GetKeyPolicy", input);
    await expectRefusedKms("NotFoundException", "PutKeyPolicy", { ...input, Policy: "{}" });
  });
});
