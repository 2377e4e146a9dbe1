import { beforeAll, describe, expect, test } from "vitest";
import { fetchAs } from "../support/accounts.ts";
import { elements, expectError } from "../support/client.ts";
import { expectQueryError, newName, queried, ROOT } from "../support/query-api.ts";
import {
  allowing,
  assumeRole,
  credentialsOf,
  type Home,
  newHome,
  newStage,
  ANYTHING,
  newRole,
  newUser,
  putRolePolicy,
  type Role,
  type SessionKeys,
  trusting,
  type User,
} from "../support/sessions.ts";

let home: Home;
let user: User;
let role: Role;
let bucket: string;
beforeAll(async () => {
  ({ home, user, role, bucket } = await newStage());
});

/** What a session gets for reading the object. */
async function read(keys: SessionKeys): Promise<number> {
  return (await fetchAs(keys, "GET", `/${bucket}/k`)).status;
}

describe("a role's session", () => {
  test("may do what the role may, and is told who it is", async () => {
    const response = await assumeRole(user, role, { RoleSessionName: "ci@main" });
    const document = await response.clone().text();
    const arn = `arn:aws:sts::${home.id}:assumed-role/${role.name}/ci@main`;
    expect(elements(document, "Arn")).toEqual([arn]);
    expect(elements(document, "AssumedRoleId")).toEqual([`${role.id}:ci@main`]);
    expect(document).not.toContain("PackedPolicySize");
    const lastsMs = Date.parse(elements(document, "Expiration")[0] ?? "") - Date.now();
    expect(lastsMs).toBeGreaterThan(3590_000);
    expect(lastsMs).toBeLessThanOrEqual(3600_000);

    const session = await credentialsOf(response);
    expect(await read(session)).toBe(200);
    expect((await fetchAs(session, "PUT", `/${bucket}/made`, { body: "x" })).status).toBe(200);
    const identity = await queried("GetCallerIdentity", {}, { service: "sts", keys: session });
    expect(elements(identity, "Arn")).toEqual([arn]);
    expect(elements(identity, "UserId")).toEqual([`${role.id}:ci@main`]);
    expect(elements(identity, "Account")).toEqual([home.id]);
  });

  test("has no more than the role: not what its user may", async () => {
    const rich = await newUser(home, allowing("*"));
    const poor = await newRole(home, trusting({ AWS: rich.arn }));
    const session = await credentialsOf(assumeRole(rich, poor));
    await expectError(await fetchAs(session, "GET", `/${bucket}/k`), 403, "AccessDenied");
    expect((await fetchAs(rich, "GET", `/${bucket}/k`)).status).toBe(200);
  });

  test("is limited by a policy of its own, by managed ones, and by a boundary of the role", async () => {
    const readOnly = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    const limits = [
      { Policy: allowing("s3:GetObject") },
      { "PolicyArns.member.1.arn": readOnly },
      { Policy: allowing("s3:GetObject"), "PolicyArns.member.1.arn": readOnly },
    ];
    for (const limit of limits) {
      const response = await assumeRole(user, role, limit);
      const size = Number(elements(await response.clone().text(), "PackedPolicySize")[0]);
      expect(size).toBeGreaterThan(0);
      const session = await credentialsOf(response);
      expect(await read(session)).toBe(200);
      const put = await fetchAs(session, "PUT", `/${bucket}/k2`, { body: "x" });
      await expectError(put, 403, "AccessDenied");
    }
    const bounded = await newRole(home, trusting({ AWS: user.arn }), ANYTHING, {
      PermissionsBoundary: readOnly,
    });
    const session = await credentialsOf(assumeRole(user, bounded));
    expect(await read(session)).toBe(200);
    await expectError(await fetchAs(session, "DELETE", `/${bucket}/k`), 403, "AccessDenied");
  });

  test("is limited by a managed policy as that is at each use", async () => {
    const name = newName("policy");
    const made = await queried(
      "CreatePolicy",
      { PolicyName: name, PolicyDocument: ANYTHING },
      { keys: home.keys },
    );
    const [arn = ""] = elements(made, "Arn");
    const session = await credentialsOf(assumeRole(user, role, { "PolicyArns.member.1.arn": arn }));
    expect(await read(session)).toBe(200);
    await queried("DeletePolicy", { PolicyArn: arn }, { keys: home.keys });
    await expectError(await fetchAs(session, "GET", `/${bucket}/k`), 403, "AccessDenied");
  });

  test("goes by the role's policies as they are now", async () => {
    const changing = await newRole(home, trusting({ AWS: user.arn }));
    const session = await credentialsOf(assumeRole(user, changing));
    await expectError(await fetchAs(session, "GET", `/${bucket}/k`), 403, "AccessDenied");
    await putRolePolicy(home, changing.name, ANYTHING);
    expect(await read(session)).toBe(200);
    // As AWS's console revokes the sessions of before.
    const now = new Date(Date.now() + 1000).toISOString();
    const revoking = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: "s3:*", Resource: "*" },
        {
          Effect: "Deny",
          Action: "*",
          Resource: "*",
          Condition: { DateLessThan: { "aws:TokenIssueTime": now } },
        },
      ],
    });
    await putRolePolicy(home, changing.name, revoking);
    await expectError(await fetchAs(session, "GET", `/${bucket}/k`), 403, "AccessDenied");
  });

  test("ends with the role, also when another has its name", async () => {
    const gone = await newRole(home, trusting({ AWS: user.arn }), ANYTHING);
    const session = await credentialsOf(assumeRole(user, gone));
    expect(await read(session)).toBe(200);
    const named = { RoleName: gone.name };
    await queried("DeleteRolePolicy", { ...named, PolicyName: "p" }, { keys: home.keys });
    await queried("DeleteRole", named, { keys: home.keys });
    await expectError(await fetchAs(session, "GET", `/${bucket}/k`), 403, "InvalidAccessKeyId");
    const trust = trusting({ AWS: user.arn });
    await queried("CreateRole", { ...named, AssumeRolePolicyDocument: trust }, { keys: home.keys });
    await putRolePolicy(home, gone.name, ANYTHING);
    await expectError(await fetchAs(session, "GET", `/${bucket}/k`), 403, "InvalidAccessKeyId");
  });

  test("is what a bucket policy names, as the role or as itself", async () => {
    const poor = await newRole(home, trusting({ AWS: user.arn }));
    const session = await credentialsOf(assumeRole(user, poor, { RoleSessionName: "one" }));
    const other = await credentialsOf(assumeRole(user, poor, { RoleSessionName: "two" }));
    const put = async (principal: string) => {
      const policy = trusting({ AWS: principal }, { action: "s3:GetObject" });
      const { Version, Statement } = JSON.parse(policy) as { Version: string; Statement: object[] };
      const statement = { ...Statement[0], Resource: `arn:aws:s3:::${bucket}/*` };
      const body = JSON.stringify({ Version, Statement: [statement] });
      expect((await fetchAs(home.keys, "PUT", `/${bucket}?policy=`, { body })).status).toBe(204);
    };
    await put(poor.arn);
    expect([await read(session), await read(other)]).toEqual([200, 200]);
    await put(`arn:aws:sts::${home.id}:assumed-role/${poor.name}/one`);
    expect([await read(session), await read(other)]).toEqual([200, 403]);
    expect((await fetchAs(home.keys, "DELETE", `/${bucket}?policy=`)).status).toBe(204);
  });
});

describe("AssumeRole is refused", () => {
  const denied = (caller: string, arn: string) =>
    `User: ${caller} is not authorized to perform: sts:AssumeRole on resource: ${arn}`;

  test("to root", async () => {
    for (const keys of [home.keys, ROOT])
      expect(await expectQueryError(await assumeRole(keys, role), 403, "AccessDenied")).toBe(
        "Roles may not be assumed by root accounts.",
      );
  });

  test("alike where there is no role and where it trusts somebody else", async () => {
    const stranger = await newUser(home, allowing("sts:*"));
    const nobody = { arn: `arn:aws:iam::${home.id}:role/no-such-role` };
    for (const asked of [
      role,
      nobody,
      { arn: role.arn.toUpperCase().replace("ARN:AWS:IAM", "arn:aws:iam") },
    ])
      expect(await expectQueryError(await assumeRole(stranger, asked), 403, "AccessDenied")).toBe(
        denied(stranger.arn, asked.arn),
      );
  });

  test("by either side between accounts", async () => {
    const away = await newHome();
    const willing = await newUser(away, allowing("sts:AssumeRole"));
    const unable = await newUser(away);
    const open = await newRole(home, trusting({ AWS: `arn:aws:iam::${away.id}:root` }), ANYTHING);
    expect(await read(await credentialsOf(assumeRole(willing, open)))).toBe(200);
    await expectQueryError(await assumeRole(unable, open), 403, "AccessDenied");
    await expectQueryError(await assumeRole(willing, role), 403, "AccessDenied");
  });

  test("to a confused deputy: without the external id, or with another's", async () => {
    const Condition = { StringEquals: { "sts:ExternalId": "customer-1" } };
    const guarded = await newRole(home, trusting({ AWS: user.arn }, { Condition }), ANYTHING);
    for (const more of [{}, { ExternalId: "customer-2" }])
      await expectQueryError(await assumeRole(user, guarded, more), 403, "AccessDenied");
    await credentialsOf(assumeRole(user, guarded, { ExternalId: "customer-1" }));
  });

  test("with tags, or a source identity, that the trust policy does not allow", async () => {
    const tagged = { "Tags.member.1.Key": "Team", "Tags.member.1.Value": "blue" };
    for (const more of [tagged, { SourceIdentity: "alice" }])
      await expectQueryError(await assumeRole(user, role, more), 403, "AccessDenied");
  });

  const LONG = allowing(Array.from({ length: 200 }, (_, i) => `s3:Action${i}`));
  const TAG = { "Tags.member.1.Key": "k", "Tags.member.1.Value": "v" };
  test.for<[name: string, more: Record<string, string>, code: string, message: string]>([
    // As recorded from AWS, see https://github.com/localstack/localstack/blob/main/tests/aws/services/sts/test_sts.snapshot.json
    [
      "no ARN",
      { RoleArn: "nothing-valid-in-here" },
      "ValidationError",
      "nothing-valid-in-here is invalid",
    ],
    [
      "no partition",
      { RoleArn: "arn::b:::something/test-role" },
      "ValidationError",
      "arn::b:::something/test-role is invalid",
    ],
    [
      "no service",
      { RoleArn: "arn:a::::something/test-role" },
      "ValidationError",
      "arn:a::::something/test-role is invalid",
    ],
    [
      "too few colons",
      { RoleArn: "arn:a:::something/test-role" },
      "ValidationError",
      "arn:a:::something/test-role is invalid",
    ],
    [
      "no resource",
      { RoleArn: "arn:a:a::aaaaaaaaaa:" },
      "ValidationError",
      "arn:a:a::aaaaaaaaaa: is invalid",
    ],
    [
      "a session name with a colon",
      { RoleSessionName: "Session1:2" },
      "ValidationError",
      String.raw`1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`,
    ],
    [
      "a duplicate tag",
      { ...TAG, "Tags.member.2.Key": "K", "Tags.member.2.Value": "v" },
      "InvalidParameterValue",
      "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    ],
    [
      "a transitive tag that is none",
      { ...TAG, "TransitiveTagKeys.member.1": "other" },
      "InvalidParameterValue",
      "The specified transitive tag key must be included in the requested tags.",
    ],
    // As told by people who met them.
    [
      "more than the role's maximum",
      { DurationSeconds: "3601" },
      "ValidationError",
      "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    ],
    [
      "too short a time",
      { DurationSeconds: "899" },
      "ValidationError",
      "Member must have value greater than or equal to 900",
    ],
    ["a policy that is none", { Policy: "{}" }, "MalformedPolicyDocument", ""],
    [
      "a policy with a principal",
      { Policy: trusting("*", { action: "s3:*" }) },
      "MalformedPolicyDocument",
      "",
    ],
    [
      "too long a policy",
      { Policy: LONG },
      "ValidationError",
      "Member must have length less than or equal to 2048",
    ],
    [
      "a managed policy that there is not",
      { "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/None" },
      "ValidationError",
      "PolicyArn arn:aws:iam::aws:policy/None does not exist or is not attachable.",
    ],
    [
      "a second factor",
      { SerialNumber: "arn:aws:iam::1:mfa/x", TokenCode: "123456" },
      "AccessDenied",
      "MultiFactorAuthentication failed, unable to validate MFA code.",
    ],
  ])("for %s", async ([, more, code, message]) => {
    const status = code === "AccessDenied" ? 403 : 400;
    const told = await expectQueryError(await assumeRole(user, role, more), status, code);
    expect(told.replaceAll("&apos;", "'")).toContain(message);
  });

  test("for policies and tags that take too much room", async () => {
    const trust = trusting({ AWS: user.arn }, { action: ["sts:AssumeRole", "sts:TagSession"] });
    const open = await newRole(home, trust, ANYTHING);
    const tags = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [
        [`Tags.member.${i + 1}.Key`, `key-${i}`],
        [`Tags.member.${i + 1}.Value`, "v".repeat(100)],
      ]).flat(),
    ) as Record<string, string>;
    await expectQueryError(await assumeRole(user, open, tags), 400, "PackedPolicyTooLarge");
  });
});
