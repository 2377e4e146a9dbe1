import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { fetchAs } from "../support/accounts.ts";
import { elements, ENDPOINT, expectError } from "../support/client.ts";
import { faultyEnv, withMethods } from "../support/faults.ts";
import { OidcIssuer } from "../support/oidc-issuer.ts";
import { expectQueryError, fetchQuery, newName, queried } from "../support/query-api.ts";
import {
  allowing,
  credentialsOf,
  type Home,
  newHome,
  newRole,
  newUser,
  type Role,
  trusting,
} from "../support/sessions.ts";

const issuer = new OidcIssuer();
const provider = issuer.url.replace("https://", "");
const ANYTHING = allowing("s3:*");

let home: Home;
let providerArn: string;
beforeAll(async () => {
  home = await newHome();
  const made = await queried(
    "CreateOpenIDConnectProvider",
    { Url: issuer.url, "ClientIDList.member.1": "audience" },
    { keys: home.keys },
  );
  [providerArn = ""] = elements(made, "OpenIDConnectProviderArn");
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function trustingTokens(condition?: object, actions: readonly string[] = []): string {
  return trusting(
    { Federated: providerArn },
    {
      action: ["sts:AssumeRoleWithWebIdentity", ...actions],
      ...(condition !== undefined && { Condition: condition }),
    },
  );
}

/** Nobody signs it. */
function assume(
  role: Pick<Role, "arn">,
  token: string,
  more: Readonly<Record<string, string>> = {},
  bindings = env,
): Promise<Response> {
  const body = new URLSearchParams({
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    RoleArn: role.arn,
    RoleSessionName: "job",
    WebIdentityToken: token,
    ...more,
  }).toString();
  const headers = {
    "content-type": "application/x-www-form-urlencoded",
    "content-length": String(Buffer.byteLength(body)),
    host: new URL(ENDPOINT).host,
  };
  return fetchQuery(new Request(ENDPOINT, { method: "POST", headers, body }), bindings);
}

describe("the token of a provider", () => {
  test("is worth a session of a role that trusts it", async () => {
    issuer.listen();
    const condition = {
      StringEquals: { [`${provider}:aud`]: "audience", [`${provider}:ref_type`]: "branch" },
      StringLike: { [`${provider}:sub`]: "repo:octo/*:ref:refs/heads/main" },
    };
    const role = await newRole(home, trustingTokens(condition), ANYTHING);
    const sub = "repo:octo/site:ref:refs/heads/main";
    const answer = await assume(role, await issuer.token({ sub, ref_type: "branch" }));
    const document = await answer.clone().text();
    expect(elements(document, "SubjectFromWebIdentityToken")).toEqual([sub]);
    expect(elements(document, "Audience")).toEqual(["audience"]);
    expect(providerArn).toBe(`arn:aws:iam::${home.id}:oidc-provider/${provider}`);
    expect(elements(document, "Provider")).toEqual([providerArn]);
    expect(elements(document, "Arn")).toEqual([
      `arn:aws:sts::${home.id}:assumed-role/${role.name}/job`,
    ]);
    const session = await credentialsOf(answer);
    const bucket = newName("bucket");
    expect((await fetchAs(session, "PUT", `/${bucket}`)).status).toBe(200);

    for (const claims of [
      { sub: "repo:octo/site:ref:refs/heads/evil", ref_type: "branch" },
      { sub, ref_type: "tag" },
      { sub },
      { sub: "repo:octo-evil/site:ref:refs/heads/main", ref_type: "branch" },
    ])
      expect(
        await expectQueryError(await assume(role, await issuer.token(claims)), 403, "AccessDenied"),
      ).toBe("Not authorized to perform sts:AssumeRoleWithWebIdentity");
  });

  test("tags the session, if the role lets it", async () => {
    issuer.listen();
    const tags = { principal_tags: { Team: ["blue"] }, transitive_tag_keys: ["Team"] };
    const claims = { "https://aws.amazon.com/tags": tags };
    const policy = allowing("s3:*", "*", {
      Condition: { StringEquals: { "aws:PrincipalTag/Team": "blue" } },
    });
    const untagged = await newRole(home, trustingTokens(), policy);
    await expectQueryError(await assume(untagged, await issuer.token(claims)), 403, "AccessDenied");
    const condition = { StringEquals: { "aws:RequestTag/Team": "blue" } };
    const role = await newRole(home, trustingTokens(condition, ["sts:TagSession"]), policy);
    const session = await credentialsOf(assume(role, await issuer.token(claims)));
    expect((await fetchAs(session, "GET", "/")).status).toBe(200);
    const two = { "https://aws.amazon.com/tags": { principal_tags: { Team: ["blue", "red"] } } };
    const answer = await assume(role, await issuer.token(two));
    await expectQueryError(answer, 400, "InvalidIdentityToken");
  });

  test("names who asked for it as AssumeRole would take it, and its subject as OpenID Connect does", async () => {
    issuer.listen();
    const role = await newRole(home, trustingTokens(undefined, ["sts:SetSourceIdentity"]));
    const claim = "https://aws.amazon.com/source_identity";
    await credentialsOf(assume(role, await issuer.token({ [claim]: "alice@example.com" })));
    for (const wrong of [
      { [claim]: "a\nb" },
      { [claim]: "a".repeat(65) },
      { [claim]: ["alice"] },
      { sub: "s".repeat(256) },
    ]) {
      const answer = await assume(role, await issuer.token(wrong));
      await expectQueryError(answer, 400, "InvalidIdentityToken");
    }
  });

  test("limits the session as it is asked to, and is remembered as its provider", async () => {
    issuer.listen();
    const policy = allowing("s3:*", "*", {
      Condition: {
        StringEquals: { "aws:FederatedProvider": providerArn, [`${provider}:sub`]: "subject" },
      },
    });
    const role = await newRole(home, trustingTokens(), policy);
    const token = await issuer.token();
    const session = await credentialsOf(assume(role, token));
    expect((await fetchAs(session, "GET", "/")).status).toBe(200);
    const limited = await credentialsOf(assume(role, token, { Policy: allowing("s3:GetObject") }));
    await expectError(await fetchAs(limited, "GET", "/"), 403, "AccessDenied");
  });
});

test("a claim that differs from sub in its case alone is not sub", async () => {
  issuer.listen();
  const condition = { StringEquals: { [`${provider}:sub`]: "admin" } };
  const role = await newRole(home, trustingTokens(condition), ANYTHING);
  for (const claims of [{ Sub: "admin" }, { SUB: "admin", sub: "somebody" }])
    await expectQueryError(await assume(role, await issuer.token(claims)), 403, "AccessDenied");
  await credentialsOf(assume(role, await issuer.token({ Sub: "somebody", sub: "admin" })));
});

test("the log warns of a role that trusts every token of a public provider, and keeps it", async () => {
  const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const arn = `arn:aws:iam::${home.id}:oidc-provider/token.actions.githubusercontent.com`;
  const trust = (condition: object) =>
    trusting(
      { Federated: arn },
      { action: "sts:AssumeRoleWithWebIdentity", Condition: { StringLike: condition } },
    );
  const github = "token.actions.githubusercontent.com";
  await newRole(home, trust({ [`${github}:sub`]: "repo:octo/site:*" }));
  expect(warned).not.toHaveBeenCalled();
  const open = await newRole(home, trust({ [`${github}:aud`]: "sts.amazonaws.com" }));
  expect(warned).toHaveBeenCalledOnce();
  expect(warned.mock.calls[0]?.[0]).toContain(open.name);
  warned.mockRestore();
});

describe("a token is refused", () => {
  let role: Role;
  beforeAll(async () => {
    role = await newRole(home, trustingTokens(), ANYTHING);
  });

  test("of a provider that the role's account has not", async () => {
    const other = new OidcIssuer();
    other.listen();
    const told = await expectQueryError(
      await assume(role, await other.token()),
      400,
      "InvalidIdentityToken",
    );
    expect(told).toBe(`No OpenIDConnect provider found in your account for ${other.url}`);
    expect(other.fetched).toEqual([]);
    // The provider is that of another account.
    issuer.listen();
    const away = await newHome();
    const elsewhere = await newRole(away, trusting({ AWS: `arn:aws:iam::${away.id}:root` }));
    const answer = await assume(elsewhere, await issuer.token());
    await expectQueryError(answer, 400, "InvalidIdentityToken");
  });

  test("that is for somebody else, expired, or none", async () => {
    issuer.listen();
    const expect400 = async (token: string, code: string) =>
      expectQueryError(await assume(role, token), 400, code);
    expect(await expect400(await issuer.token({ aud: "other" }), "InvalidIdentityToken")).toBe(
      "Incorrect token audience",
    );
    const past = Math.floor(Date.now() / 1000) - 10;
    expect(await expect400(await issuer.token({ exp: past }), "ExpiredTokenException")).toMatch(
      new RegExp(
        `^Token expired: current date/time \\d+ must be before the expiration date/time ${past}$`,
      ),
    );
    await expect400("abcdef", "InvalidIdentityToken");
    await expect400("x", "ValidationError");
    await expect400("a".repeat(20_001), "ValidationError");
  });

  test("by roles that there are not, that do not name it, and for other actions", async () => {
    issuer.listen();
    const token = await issuer.token();
    const user = await newUser(home);
    const others = [
      { arn: `arn:aws:iam::${home.id}:role/no-such-role` },
      await newRole(home, trusting({ AWS: user.arn }), ANYTHING),
      await newRole(home, trusting({ Federated: `${providerArn}-other` }, { action: "sts:*" })),
      await newRole(home, trusting({ Federated: providerArn }), ANYTHING),
    ];
    for (const other of others)
      await expectQueryError(await assume(other, token), 403, "AccessDenied");
  });

  test("while the provider cannot be reached, which tells nothing of why", async () => {
    const down = new OidcIssuer();
    down.listen();
    down.answers.set(down.configurationUrl, () => Promise.reject(new Error("secret detail")));
    await queried("CreateOpenIDConnectProvider", { Url: down.url }, { keys: home.keys });
    const told = await expectQueryError(
      await assume(role, await down.token()),
      400,
      "InvalidIdentityToken",
    );
    expect(told).toMatch(
      /^Couldn&apos;t retrieve verification key|^Couldn't retrieve verification key/,
    );
    expect(told).not.toContain("secret");
  });

  test("with a ProviderId, which providers of OpenID Connect do not have", async () => {
    const answer = await assume(role, "abcdef", { ProviderId: "graph.facebook.com" });
    await expectQueryError(answer, 501, "NotImplemented");
  });
});

test("a flood of invented tokens costs one call each up to a bound, and no fetch", async () => {
  issuer.listen();
  const fetchedBefore = issuer.fetched.length;
  let asked = 0;
  const bindings = faultyEnv({
    DIRECTORY: withMethods(env.DIRECTORY, {
      getByName: (name) => {
        asked += 1;
        return env.DIRECTORY.getByName(name);
      },
    }),
  });
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 5000 });
  const other = new OidcIssuer();
  const token = await other.token();
  const role = { arn: `arn:aws:iam::${home.id}:role/no-such-role` };
  const statuses = [];
  for (let n = 0; n < 110; n += 1) statuses.push((await assume(role, token, {}, bindings)).status);
  expect(statuses.filter((status) => status === 503)).toHaveLength(10);
  expect(asked).toBe(100);
  expect(issuer.fetched).toHaveLength(fetchedBefore);
});
