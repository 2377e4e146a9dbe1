import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { fetchAs } from "../support/accounts.ts";
import { elements, expectError } from "../support/client.ts";

import { expectQueryError, newName, queried, query, ROOT } from "../support/query-api.ts";
import {
  allowing,
  ANYTHING,
  assumeRole,
  credentialsOf,
  type Home,
  newHome,
  newStage,
  newUser,
  type Role,
  type SessionKeys,
  sts,
  trusting,
  type User,
} from "../support/sessions.ts";

let home: Home;
let user: User;
let role: Role;
let bucket: string;
let session: SessionKeys;
beforeAll(async () => {
  ({ home, user, role, bucket } = await newStage());
  session = await credentialsOf(assumeRole(user, role));
});

afterEach(() => {
  vi.useRealTimers();
});

const read = (keys: SessionKeys, bindings = env) =>
  fetchAs(keys, "GET", `/${bucket}/k`, { bindings });

describe("GetSessionToken", () => {
  test("makes a session that is its user, which IAM does not take", async () => {
    const own = await credentialsOf(sts("GetSessionToken", {}, user));
    expect((await read(own)).status).toBe(200);
    const identity = await queried("GetCallerIdentity", {}, { service: "sts", keys: own });
    expect(elements(identity, "Arn")).toEqual([user.arn]);
    await expectQueryError(
      await query("ListUsers", {}, { keys: own }),
      403,
      "InvalidClientTokenId",
    );
    for (const [action, more] of [
      ["GetSessionToken", {}],
      ["GetFederationToken", { Name: "fed" }],
    ] as const)
      expect(await expectQueryError(await sts(action, more, own), 403, "AccessDenied")).toBe(
        `Cannot call ${action} with session credentials`,
      );
    expect((await read(await credentialsOf(assumeRole(own, role)))).status).toBe(200);
  });

  test("ends with the user, not with the key", async () => {
    const gone = await newUser(home, ANYTHING);
    const own = await credentialsOf(sts("GetSessionToken", {}, gone));
    const named = { UserName: gone.name };
    const { keys } = home;
    await queried("DeleteAccessKey", { ...named, AccessKeyId: gone.accessKeyId }, { keys });
    expect((await read(own)).status).toBe(200);
    await queried("DeleteUserPolicy", { ...named, PolicyName: "p" }, { keys });
    await expectError(await read(own), 403, "AccessDenied");
    await queried("DeleteUser", named, { keys });
    await expectError(await read(own), 403, "InvalidAccessKeyId");
  });

  test("of root lasts an hour at most, and is no deployment's root", async () => {
    for (const keys of [ROOT, home.keys]) {
      const answer = await sts("GetSessionToken", { DurationSeconds: "129600" }, keys);
      const lastsMs =
        Date.parse(elements(await answer.clone().text(), "Expiration")[0] ?? "") - Date.now();
      expect(lastsMs).toBeLessThanOrEqual(3_600_000);
      const own = await credentialsOf(answer);
      expect((await fetchAs(own, "GET", "/")).status).toBe(200);
      await expectError(await fetchAs(own, "GET", "/_ledge/accounts"), 403, "AccessDenied");
      await expectQueryError(
        await query("ListUsers", {}, { keys: own }),
        403,
        "InvalidClientTokenId",
      );
    }
    const longest = await sts("GetSessionToken", { DurationSeconds: "129601" }, user);
    await expectQueryError(longest, 400, "ValidationError");
  });

  test("of an account that is gone is worth nothing", async () => {
    const other = await newHome();
    const own = await credentialsOf(sts("GetSessionToken", {}, other.keys));
    expect((await fetchAs(own, "GET", "/")).status).toBe(200);
    const path = `/_ledge/accounts/${other.id}`;
    expect((await fetchAs(ROOT, "DELETE", path)).status).toBe(204);
    await expectError(await fetchAs(own, "GET", "/"), 403, "InvalidAccessKeyId");
  });
});

describe("GetFederationToken", () => {
  const federate = (
    more: Record<string, string> = {},
    keys: { accessKeyId: string; secretAccessKey: string } = user,
  ) => sts("GetFederationToken", { Name: "fed", ...more }, keys);

  test("makes a user that may do what both its maker and its policy may", async () => {
    const answer = await federate({ Policy: allowing("s3:GetObject") });
    const document = await answer.clone().text();
    const arn = `arn:aws:sts::${home.id}:federated-user/fed`;
    expect(elements(document, "Arn")).toEqual([arn]);
    expect(elements(document, "FederatedUserId")).toEqual([`${home.id}:fed`]);
    const fed = await credentialsOf(answer);
    expect((await read(fed)).status).toBe(200);
    await expectError(await fetchAs(fed, "DELETE", `/${bucket}/k`), 403, "AccessDenied");
    const identity = await queried("GetCallerIdentity", {}, { service: "sts", keys: fed });
    expect(elements(identity, "Arn")).toEqual([arn]);
    await expectQueryError(
      await query("ListUsers", {}, { keys: fed }),
      403,
      "InvalidClientTokenId",
    );
    await expectQueryError(await assumeRole(fed, role), 403, "AccessDenied");

    const poor = await newUser(home, allowing("sts:GetFederationToken"));
    const poorer = await credentialsOf(federate({ Policy: ANYTHING }, poor));
    await expectError(await read(poorer), 403, "AccessDenied");
    const tagged = { "Tags.member.1.Key": "k", "Tags.member.1.Value": "v" };
    await expectQueryError(await federate(tagged, poor), 403, "AccessDenied");
    await credentialsOf(federate(tagged));
    const unable = await newUser(home, ANYTHING);
    await expectQueryError(await federate({}, unable), 403, "AccessDenied");
  });

  test("without a policy, may do what a bucket policy allows by its name alone", async () => {
    const answer = await federate();
    expect(elements(await answer.clone().text(), "PackedPolicySize")).toEqual(["0"]);
    const fed = await credentialsOf(answer);
    await expectError(await read(fed), 403, "AccessDenied");
    const { Version, Statement } = JSON.parse(
      trusting({ AWS: `arn:aws:sts::${home.id}:federated-user/fed` }, { action: "s3:GetObject" }),
    ) as { Version: string; Statement: object[] };
    const statement = { ...Statement[0], Resource: `arn:aws:s3:::${bucket}/*` };
    const body = JSON.stringify({ Version, Statement: [statement] });
    expect((await fetchAs(home.keys, "PUT", `/${bucket}?policy=`, { body })).status).toBe(204);
    expect((await read(fed)).status).toBe(200);
    await fetchAs(home.keys, "DELETE", `/${bucket}?policy=`);
  });

  test("by root may do what its policy allows", async () => {
    for (const keys of [home.keys, ROOT]) {
      const fed = await credentialsOf(federate({ Policy: allowing("s3:ListAllMyBuckets") }, keys));
      expect((await fetchAs(fed, "GET", "/")).status).toBe(200);
      await expectError(await fetchAs(fed, "PUT", `/${newName("b")}`), 403, "AccessDenied");
    }
    const readOnly = {
      "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
    };
    const fed = await credentialsOf(federate(readOnly, ROOT));
    expect((await fetchAs(fed, "GET", "/")).status).toBe(200);
    await expectError(await fetchAs(fed, "PUT", `/${newName("b")}`), 403, "AccessDenied");
  });

  test("takes two managed policies that are written as one for none", async () => {
    const names = ["AmazonS3ReadOnlyAccess", "AdministratorAccess"];
    const arn = names.map((name) => `arn:aws:iam::aws:policy/${name}`).join(" ");
    for (const keys of [user, ROOT]) {
      const answer = await federate({ "PolicyArns.member.1.arn": arn }, keys);
      expect(await expectQueryError(answer, 400, "ValidationError")).toContain("does not exist");
    }
  });
});

test("GetAccessKeyInfo tells of the account's own keys alone", async () => {
  const of = (accessKeyId: string, keys = user) =>
    sts("GetAccessKeyInfo", { AccessKeyId: accessKeyId }, keys);
  expect(elements(await (await of(user.accessKeyId)).text(), "Account")).toEqual([home.id]);
  const elsewhere = await newUser(await newHome());
  for (const accessKeyId of [elsewhere.accessKeyId, "AKIAIOSFODNN7EXAMPLE", session.accessKeyId])
    await expectQueryError(await of(accessKeyId), 403, "AccessDenied");
});

test("DecodeAuthorizationMessage knows no message", async () => {
  const answer = await sts("DecodeAuthorizationMessage", { EncodedMessage: "x" }, user);
  await expectQueryError(answer, 400, "InvalidAuthorizationMessageException");
});
