import { beforeAll, describe, expect, test } from "vitest";
import { elements } from "../support/client.ts";
import { allowing, type IamAccount, newIamAccount } from "../support/query-api.ts";

const READ = allowing("s3:GetObject");
const WRITE = allowing("s3:PutObject");
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: "*" } }],
});
const OF_AWS = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

let account: IamAccount;
beforeAll(async () => {
  account = await newIamAccount();
  await account.ask("CreateUser", { UserName: "Owner" });
  await account.ask("CreateGroup", { GroupName: "Owner" });
  await account.ask("CreateRole", { RoleName: "Owner", AssumeRolePolicyDocument: TRUST });
});

/** As RFC 3986 has it, and URLSearchParams has not. */
function decoded(document: string, element: string): string {
  return decodeURIComponent(elements(document, element)[0] ?? "");
}

const OWNERS = [
  { noun: "User", kind: "user", limit: 2048 },
  { noun: "Group", kind: "group", limit: 5120 },
  { noun: "Role", kind: "role", limit: 10_240 },
];

describe.for(OWNERS)("policies of a $kind", ({ noun, kind, limit }) => {
  const owner = { [`${noun}Name`]: "owner" };

  test("are put, shown as they were put, listed, and deleted", async () => {
    const { ask, refused } = account;
    const document = READ.replace("s3:GetObject", "s3:Get*").replace(":[", " : [ ");
    for (const [name, text] of [
      ["b", document],
      ["a", WRITE],
      ["a", READ],
    ] as const)
      await ask(`Put${noun}Policy`, { ...owner, PolicyName: name, PolicyDocument: text });
    const shown = await ask(`Get${noun}Policy`, { ...owner, PolicyName: "b" });
    expect(elements(shown, `${noun}Name`)).toEqual(["Owner"]);
    expect(decoded(shown, "PolicyDocument")).toBe(document);
    expect(elements(shown, "PolicyDocument")[0]).toMatch(/^[A-Za-z0-9%._~-]+$/);

    const first = await ask(`List${noun}Policies`, { ...owner, MaxItems: "1" });
    expect(elements(first, "member")).toEqual(["a"]);
    const [marker = ""] = elements(first, "Marker");
    const second = await ask(`List${noun}Policies`, { ...owner, Marker: marker });
    expect(elements(second, "member")).toEqual(["b"]);

    const inUse = await refused(`Delete${noun}`, owner, 409, "DeleteConflict");
    expect(inUse).toBe("Cannot delete entity, must delete policies first.");
    for (const name of ["a", "b"]) await ask(`Delete${noun}Policy`, { ...owner, PolicyName: name });
    for (const action of [`Get${noun}Policy`, `Delete${noun}Policy`])
      expect(await refused(action, { ...owner, PolicyName: "a" }, 404, "NoSuchEntity")).toBe(
        `The ${kind} policy with name a cannot be found.`,
      );
  });

  test("are refused when they are malformed, or too long together", async () => {
    const { ask, refused } = account;
    const put = `Put${noun}Policy`;
    const policy = (document: string, name = "p") => ({
      ...owner,
      PolicyName: name,
      PolicyDocument: document,
    });
    await refused(put, policy("{"), 400, "MalformedPolicyDocument");
    await refused(put, policy(TRUST), 400, "MalformedPolicyDocument");
    await refused(put, { ...policy(READ), [`${noun}Name`]: "nobody" }, 404, "NoSuchEntity");
    const half = allowing("s3:GetObject", `arn:aws:s3:::${"k".repeat(limit / 2)}`);
    // White space does not count.
    await ask(put, policy(half.replace("{", `{${" ".repeat(limit)}`), "half"));
    const message = await refused(put, policy(half, "more"), 409, "LimitExceeded");
    expect(message).toBe(`Maximum policy size of ${limit} bytes exceeded for ${kind} Owner`);
    await ask(`Delete${noun}Policy`, { ...owner, PolicyName: "half" });
  });

  test("are attached and detached, AWS's own too", async () => {
    const { id, ask, refused } = account;
    const name = `attached-to-${kind}`;
    const arn = `arn:aws:iam::${id}:policy/x/${name}`;
    await ask("CreatePolicy", { PolicyName: name, Path: "/x/", PolicyDocument: READ });
    const attach = `Attach${noun}Policy`;
    const detach = `Detach${noun}Policy`;
    for (const policy of [arn, arn, OF_AWS]) await ask(attach, { ...owner, PolicyArn: policy });

    const list = `ListAttached${noun}Policies`;
    const all = await ask(list, owner);
    expect(elements(all, "PolicyArn")).toEqual([arn, OF_AWS].toSorted());
    expect(elements(all, "PolicyName").toSorted()).toEqual(
      ["AmazonS3ReadOnlyAccess", name].toSorted(),
    );
    expect(elements(await ask(list, { ...owner, PathPrefix: "/x/" }), "PolicyArn")).toEqual([arn]);
    const inUse = await refused(`Delete${noun}`, owner, 409, "DeleteConflict");
    expect(inUse).toBe("Cannot delete entity, must detach all policies first.");

    const missing = `${arn}-not`;
    expect(await refused(attach, { ...owner, PolicyArn: missing }, 404, "NoSuchEntity")).toBe(
      `Policy ${missing} does not exist or is not attachable.`,
    );
    const foreign = "arn:aws:iam::aws:policy/NoSuchAccess";
    await refused(attach, { ...owner, PolicyArn: foreign }, 404, "NoSuchEntity");
    expect(
      await refused(attach, { ...owner, PolicyArn: "no-arn-".repeat(3) }, 400, "ValidationError"),
    ).toBe("Invalid ARN:  Could not be parsed!");

    for (const policy of [arn, OF_AWS]) await ask(detach, { ...owner, PolicyArn: policy });
    await refused(detach, { ...owner, PolicyArn: arn }, 404, "NoSuchEntity");
    await ask("DeletePolicy", { PolicyArn: arn });
  });
});

test("20 policies are attached at most", async () => {
  const { id, ask, refused } = account;
  const arnOf = (n: number) => `arn:aws:iam::${id}:policy/many-${n}`;
  for (let n = 0; n <= 20; n += 1)
    await ask("CreatePolicy", { PolicyName: `many-${n}`, PolicyDocument: READ });
  const attach = (n: number) => ({ UserName: "owner", PolicyArn: arnOf(n) });
  for (let n = 0; n < 20; n += 1) await ask("AttachUserPolicy", attach(n));
  expect(await refused("AttachUserPolicy", attach(20), 409, "LimitExceeded")).toBe(
    "Cannot exceed quota for PoliciesPerUser: 20",
  );
  for (let n = 0; n < 20; n += 1) await ask("DetachUserPolicy", attach(n));
  for (let n = 0; n <= 20; n += 1) await ask("DeletePolicy", { PolicyArn: arnOf(n) });
});

describe("a managed policy", () => {
  test("is made, shown, listed, and deleted", async () => {
    const { id, ask, refused } = account;
    const arn = `arn:aws:iam::${id}:policy/team/Reader`;
    const made = await ask("CreatePolicy", {
      PolicyName: "Reader",
      Path: "/team/",
      PolicyDocument: READ,
      Description: "reads",
      "Tags.member.1.Key": "k",
      "Tags.member.1.Value": "v",
    });
    expect(elements(made, "Arn")).toEqual([arn]);
    expect(elements(made, "PolicyId")[0]).toMatch(/^ANPA/);
    for (const [element, value] of [
      ["DefaultVersionId", "v1"],
      ["AttachmentCount", "0"],
      ["PermissionsBoundaryUsageCount", "0"],
      ["IsAttachable", "true"],
    ] as const)
      expect(elements(made, element)).toEqual([value]);
    expect(made).not.toContain("<Description>");
    const shown = await ask("GetPolicy", { PolicyArn: arn });
    expect(elements(shown, "Description")).toEqual(["reads"]);
    expect(elements(shown, "Key")).toEqual(["k"]);
    expect(
      await refused(
        "CreatePolicy",
        { PolicyName: "reader", PolicyDocument: READ },
        409,
        "EntityAlreadyExists",
      ),
    ).toBe("A policy called reader already exists. Duplicate names are not allowed.");
    expect(elements(await ask("ListPolicies", { Scope: "Local" }), "Arn")).toEqual([arn]);

    // Nobody else sees or changes it.
    const other = await newIamAccount();
    await other.refused("GetPolicy", { PolicyArn: arn }, 404, "NoSuchEntity");
    await other.refused("DeletePolicy", { PolicyArn: arn }, 404, "NoSuchEntity");
    await other.ask("CreateUser", { UserName: "u" });
    const attachment = { UserName: "u", PolicyArn: arn };
    await other.refused("AttachUserPolicy", attachment, 404, "NoSuchEntity");

    await ask("DeletePolicy", { PolicyArn: arn });
    for (const action of ["GetPolicy", "DeletePolicy", "ListPolicyVersions"])
      expect(await refused(action, { PolicyArn: arn }, 404, "NoSuchEntity")).toBe(
        `Policy ${arn} was not found.`,
      );
  });

  test("is refused when it is malformed, or too long", async () => {
    const { refused } = account;
    const policy = (document: string) => ({ PolicyName: "bad", PolicyDocument: document });
    await refused("CreatePolicy", policy("[]"), 400, "MalformedPolicyDocument");
    const long = allowing("s3:GetObject", `arn:aws:s3:::${"k".repeat(6144)}`);
    expect(await refused("CreatePolicy", policy(long), 409, "LimitExceeded")).toBe(
      "Cannot exceed quota for PolicySize: 6144",
    );
    await refused("CreatePolicy", policy("x".repeat(131_073)), 400, "ValidationError");
  });

  test("has five versions at most, one of which counts", async () => {
    const { id, ask, refused } = account;
    const arn = { PolicyArn: `arn:aws:iam::${id}:policy/versions` };
    await ask("CreatePolicy", { PolicyName: "versions", PolicyDocument: READ });
    const next = { ...arn, PolicyDocument: WRITE };
    const second = await ask("CreatePolicyVersion", { ...next, SetAsDefault: "true" });
    expect(elements(second, "VersionId")).toEqual(["v2"]);
    expect(elements(second, "IsDefaultVersion")).toEqual(["true"]);
    expect(elements(await ask("GetPolicy", arn), "DefaultVersionId")).toEqual(["v2"]);
    for (let n = 3; n <= 5; n += 1) await ask("CreatePolicyVersion", next);
    await refused("CreatePolicyVersion", next, 409, "LimitExceeded");

    const first = await ask("GetPolicyVersion", { ...arn, VersionId: "v1" });
    expect(decoded(first, "Document")).toBe(READ);
    expect(elements(first, "IsDefaultVersion")).toEqual(["false"]);
    const listed = await ask("ListPolicyVersions", { ...arn, MaxItems: "3" });
    expect(elements(listed, "VersionId")).toEqual(["v5", "v4", "v3"]);
    const [marker = ""] = elements(listed, "Marker");
    const rest = await ask("ListPolicyVersions", { ...arn, Marker: marker });
    expect(elements(rest, "VersionId")).toEqual(["v2", "v1"]);

    expect(
      await refused("DeletePolicyVersion", { ...arn, VersionId: "v2" }, 409, "DeleteConflict"),
    ).toBe("Cannot delete the default version of a policy.");
    await refused("DeletePolicy", arn, 409, "DeleteConflict");
    await ask("SetDefaultPolicyVersion", { ...arn, VersionId: "v1" });
    await refused("SetDefaultPolicyVersion", { ...arn, VersionId: "v9" }, 404, "NoSuchEntity");
    for (const version of ["v2", "v3", "v4", "v5"])
      await ask("DeletePolicyVersion", { ...arn, VersionId: version });
    // No number is given twice.
    expect(elements(await ask("CreatePolicyVersion", next), "VersionId")).toEqual(["v6"]);
    await ask("DeletePolicyVersion", { ...arn, VersionId: "v6" });
    await ask("DeletePolicy", arn);
  });

  test("is listed with whom it is attached to, and whom it bounds", async () => {
    const { id, ask, refused } = account;
    const arn = `arn:aws:iam::${id}:policy/used`;
    const policy = { PolicyArn: arn };
    await ask("CreatePolicy", { PolicyName: "used", PolicyDocument: READ });
    for (const { noun } of OWNERS)
      await ask(`Attach${noun}Policy`, { [`${noun}Name`]: "owner", ...policy });
    await ask("CreateUser", { UserName: "bound", PermissionsBoundary: arn });

    const entities = async (more = {}) => {
      const document = await ask("ListEntitiesForPolicy", { ...policy, ...more });
      return OWNERS.map(({ noun }) => elements(document, `${noun}Name`));
    };
    expect(await entities()).toEqual([["bound", "Owner"], ["Owner"], ["Owner"]]);
    expect(await entities({ EntityFilter: "Role" })).toEqual([[], [], ["Owner"]]);
    const usage = { PolicyUsageFilter: "PermissionsBoundary" };
    expect(await entities(usage)).toEqual([["bound"], [], []]);
    const page = await ask("ListEntitiesForPolicy", { ...policy, MaxItems: "2" });
    const [marker = ""] = elements(page, "Marker");
    expect(await entities({ Marker: marker })).toEqual([["bound", "Owner"], [], []]);

    const shown = await ask("GetPolicy", policy);
    expect(elements(shown, "AttachmentCount")).toEqual(["3"]);
    expect(elements(shown, "PermissionsBoundaryUsageCount")).toEqual(["1"]);
    const filtered = await ask("ListPolicies", { OnlyAttached: "true" });
    expect(elements(filtered, "Arn")).toEqual([arn]);
    expect(elements(await ask("ListPolicies", usage), "Arn")).toEqual([arn]);
    expect(await refused("DeletePolicy", policy, 409, "DeleteConflict")).toBe(
      "Cannot delete a policy attached to entities.",
    );
    for (const { noun } of OWNERS)
      await ask(`Detach${noun}Policy`, { [`${noun}Name`]: "owner", ...policy });
    await refused("DeletePolicy", policy, 409, "DeleteConflict");
    await ask("DeleteUserPermissionsBoundary", { UserName: "bound" });
    await ask("DeletePolicy", policy);
  });
});

test("AWS's own policies are there for everybody, in pages before the account's, and nobody changes them", async () => {
  const { id, ask, refused } = account;
  const arn = `arn:aws:iam::${id}:policy/local`;
  await ask("CreatePolicy", { PolicyName: "local", PolicyDocument: READ });
  const all: string[] = [];
  for (let marker: string | undefined = ""; marker !== undefined;) {
    const page = await ask("ListPolicies", {
      MaxItems: "2",
      ...(marker !== "" && { Marker: marker }),
    });
    all.push(...elements(page, "Arn"));
    [marker] = elements(page, "Marker");
  }
  const ofAws = elements(await ask("ListPolicies", { Scope: "AWS" }), "Arn");
  expect(ofAws).toContain(OF_AWS);
  expect(all).toEqual([...ofAws, arn]);

  const [version = ""] = elements(
    await ask("GetPolicy", { PolicyArn: OF_AWS }),
    "DefaultVersionId",
  );
  const shown = await ask("GetPolicyVersion", { PolicyArn: OF_AWS, VersionId: version });
  expect(decoded(shown, "Document")).toContain("s3:Get*");
  expect(elements(await ask("ListPolicyVersions", { PolicyArn: OF_AWS }), "VersionId")).toEqual([
    version,
  ]);
  await refused("DeletePolicy", { PolicyArn: OF_AWS }, 404, "NoSuchEntity");
  await ask("DeletePolicy", { PolicyArn: arn });
});
