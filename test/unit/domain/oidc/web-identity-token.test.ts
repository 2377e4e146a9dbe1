import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type ProviderKeys, providerKeys } from "../../../../src/domain/oidc/provider-keys.ts";
import {
  readToken,
  TokenFault,
  verifyToken,
} from "../../../../src/domain/oidc/web-identity-token.ts";
import { advanceClock } from "../../../support/faults.ts";
import { type Algorithm, encoded, OidcIssuer } from "../../../support/oidc-issuer.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function verified(
  token: string,
  { keys, clientIds = [] }: { keys: ProviderKeys; clientIds?: readonly string[] },
) {
  const unverified = readToken(token);
  const set = await keys.read(unverified.issuer, unverified.hasKey);
  return verifyToken(unverified, set, clientIds, Date.now());
}

async function faultOf(attempt: Promise<unknown>): Promise<TokenFault> {
  const error = await attempt.then(
    () => new Error("it was taken"),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(TokenFault);
  return error as TokenFault;
}

describe("a provider's token", () => {
  test.for<Algorithm>(["RS256", "PS384", "ES256"])(
    "signed with %s tells whom it is for",
    async (alg) => {
      const issuer = new OidcIssuer();
      issuer.listen();
      await issuer.addKey("other");
      await issuer.addKey("key", alg);
      const keys = providerKeys(undefined, false);
      const claims = await verified(await issuer.token({ sub: "me" }, { kid: "key" }), { keys });
      expect(claims).toMatchObject({ iss: issuer.url, sub: "me", aud: "audience" });
    },
  );

  const seconds = (): number => Math.floor(Date.now() / 1000);
  const REFUSED: readonly [name: string, claims: () => object, code: string, message: string][] = [
    [
      "expired",
      () => ({ exp: seconds() - 1 }),
      "ExpiredTokenException",
      "Token expired: current date/time ",
    ],
    ["without an end", () => ({ exp: undefined }), "InvalidIdentityToken", "exp"],
    ["whose end is a text", () => ({ exp: "9999999999" }), "InvalidIdentityToken", "exp"],
    ["of the future", () => ({ nbf: seconds() + 301 }), "InvalidIdentityToken", "not valid yet"],
    [
      "made in the future",
      () => ({ iat: seconds() + 301 }),
      "InvalidIdentityToken",
      "not valid yet",
    ],
    ["of nobody", () => ({ sub: undefined }), "InvalidIdentityToken", "sub"],
    ["for nobody", () => ({ aud: undefined }), "InvalidIdentityToken", "aud"],
    [
      "for somebody else",
      () => ({ aud: "other" }),
      "InvalidIdentityToken",
      "Incorrect token audience",
    ],
    [
      "for several, asked for by another",
      () => ({ aud: ["audience", "b"], azp: "b" }),
      "InvalidIdentityToken",
      "Incorrect token audience",
    ],
    [
      "for several, asked for by nobody",
      () => ({ aud: ["audience", "b"] }),
      "InvalidIdentityToken",
      "aud",
    ],
  ];
  test.for(REFUSED)("%s is refused", async ([, claims, code, message]) => {
    const issuer = new OidcIssuer();
    issuer.listen();
    const keys = providerKeys(undefined, false);
    const token = await issuer.token({ ...claims() });
    const fault = await faultOf(verified(token, { keys, clientIds: ["audience"] }));
    expect(fault.code).toBe(code);
    expect(fault.message).toContain(message);
  });

  test("within five minutes of the provider's clock, or for several with one that asked, is taken", async () => {
    const issuer = new OidcIssuer();
    issuer.listen();
    const options = { keys: providerKeys(undefined, false), clientIds: ["b"] };
    for (const claims of [
      { aud: "b", nbf: seconds() + 290 },
      { aud: ["a", "b"], azp: "b" },
      { aud: ["b"] },
    ])
      expect(await verified(await issuer.token(claims), options)).toMatchObject(claims);
  });
});

describe("a token that the provider has not signed is refused", () => {
  const issuer = new OidcIssuer();
  let token = "";
  beforeAll(async () => {
    await issuer.addKey("key", "RS256");
    token = await issuer.token({ sub: "me" });
  });
  const expectRefused = async (text: string) => {
    issuer.listen();
    const fault = await faultOf(
      (async () => verified(text, { keys: providerKeys(undefined, false) }))(),
    );
    expect(fault.code).toBe("InvalidIdentityToken");
  };

  test("with other claims", async () => {
    const [head, , signature] = token.split(".");
    const claims = { iss: issuer.url, sub: "root", aud: "audience", exp: 9_999_999_999 };
    await expectRefused(`${head}.${encoded(JSON.stringify(claims))}.${signature}`);
  });

  test("with no signature, or the algorithm none", async () => {
    const [head, payload] = token.split(".");
    await expectRefused(`${head}.${payload}.`);
    for (const alg of ["none", "None", "", undefined])
      await expectRefused(`${encoded(JSON.stringify({ alg, kid: "key" }))}.${payload}.`);
  });

  test("with the public key as the secret of an HMAC", async () => {
    const [, payload] = token.split(".");
    const head = encoded(JSON.stringify({ alg: "HS256", kid: "key" }));
    await expectRefused(`${head}.${payload}.${encoded("signature")}`);
  });

  test("with a key of its own in its head", async () => {
    const other = new OidcIssuer(issuer.url);
    await other.addKey("key", "RS256");
    await expectRefused(
      await other.token({}, { header: { jwk: { kty: "RSA" }, jku: "https://evil.example.com/" } }),
    );
    expect(issuer.fetched.every((url) => url.startsWith(issuer.url))).toBe(true);
  });

  test("with a head that makes it mean something else", async () => {
    await expectRefused(await issuer.token({}, { header: { crit: ["b64"], b64: false } }));
    await expectRefused(await issuer.token({}, { header: { alg: "RS384" } }));
  });

  test("and neither is what is no token", async () => {
    const parts = ["", "a", "abcdef", "....", "a.b.c", `${encoded("{}")}.${encoded("{}")}.`];
    const shapes = ["[]", "null", "1", '"text"', "{", '{"iss":1}'].map(
      (payload) => `${encoded('{"alg":"ES256"}')}.${encoded(payload)}.${encoded("s")}`,
    );
    for (const text of [...parts, ...shapes, token.slice(1), `${token}.`])
      await expectRefused(text);
    for (let at = 0; at < token.length; at += 37) await expectRefused(token.slice(0, at));
  });
});

describe("a provider's keys", () => {
  test("are fetched once in an hour, and by one request of many", async () => {
    const issuer = new OidcIssuer();
    issuer.listen();
    const keys = providerKeys(undefined, false);
    const token = await issuer.token();
    await verified(token, { keys });
    await Promise.all(Array.from({ length: 5 }, () => verified(token, { keys })));
    expect(issuer.fetched).toEqual([issuer.configurationUrl, issuer.keysUrl]);
    advanceClock(3_600_000);
    await verified(await issuer.token(), { keys });
    expect(issuer.fetched).toHaveLength(4);
  });

  test("are fetched anew for a key that is not among them, at most once a minute", async () => {
    const issuer = new OidcIssuer();
    issuer.listen();
    const keys = providerKeys(undefined, false);
    await verified(await issuer.token(), { keys });
    for (let n = 0; n < 5; n += 1)
      await faultOf(
        verified(await issuer.token({}, { header: { kid: `invented-${n}` } }), { keys }),
      );
    expect(issuer.fetched).toHaveLength(2);
    advanceClock(60_000);
    await issuer.addKey("next");
    await verified(await issuer.token({}, { kid: "next" }), { keys });
    expect(issuer.fetched).toHaveLength(4);
    for (let n = 0; n < 5; n += 1)
      await faultOf(verified(await issuer.token({}, { header: { kid: `more-${n}` } }), { keys }));
    expect(issuer.fetched).toHaveLength(4);
  });

  const UNREACHABLE: readonly [name: string, answer: (issuer: OidcIssuer) => void][] = [
    [
      "that answers 500",
      (issuer) =>
        issuer.answers.set(issuer.configurationUrl, () => new Response("", { status: 500 })),
    ],
    [
      "that leads elsewhere",
      (issuer) =>
        issuer.answers.set(issuer.configurationUrl, () =>
          Response.redirect("https://169.254.169.254/", 302),
        ),
    ],
    [
      "that answers what is no JSON",
      (issuer) => issuer.answers.set(issuer.configurationUrl, () => new Response("<html>")),
    ],
    [
      "that answers null",
      (issuer) => issuer.answers.set(issuer.configurationUrl, () => Response.json(null)),
    ],
    [
      "that says to be another",
      (issuer) =>
        issuer.answers.set(issuer.configurationUrl, () =>
          Response.json({ issuer: "https://other.example.com", jwks_uri: issuer.keysUrl }),
        ),
    ],
    [
      "whose keys are inside",
      (issuer) =>
        issuer.answers.set(issuer.configurationUrl, () =>
          Response.json({ issuer: issuer.url, jwks_uri: "https://10.0.0.1/keys" }),
        ),
    ],
    [
      "whose keys are not encrypted",
      (issuer) =>
        issuer.answers.set(issuer.configurationUrl, () =>
          Response.json({ issuer: issuer.url, jwks_uri: issuer.keysUrl.replace("https", "http") }),
        ),
    ],
    [
      "whose keys are too many bytes",
      (issuer) =>
        issuer.answers.set(
          issuer.keysUrl,
          () => new Response(`{"keys":[],"x":"${"x".repeat(256 * 1024)}"}`),
        ),
    ],
    [
      "whose keys are no list",
      (issuer) => issuer.answers.set(issuer.keysUrl, () => Response.json({ keys: {} })),
    ],
    [
      "whose keys are no keys",
      (issuer) => issuer.answers.set(issuer.keysUrl, () => Response.json({ keys: [1] })),
    ],
    [
      "that cannot be reached",
      (issuer) => issuer.answers.set(issuer.keysUrl, () => Promise.reject(new Error("down"))),
    ],
  ];
  test.for(UNREACHABLE)(
    "of one %s cannot be had, and are asked for once a second",
    async ([, answer]) => {
      const issuer = new OidcIssuer();
      issuer.listen();
      answer(issuer);
      const keys = providerKeys(undefined, false);
      const token = await issuer.token();
      const attempt = () =>
        expect(verified(token, { keys })).rejects.toMatchObject({
          name: "UnreachableProviderError",
        });
      await attempt();
      const count = issuer.fetched.length;
      await attempt();
      expect(issuer.fetched).toHaveLength(count);
      advanceClock(1000);
      issuer.answers.clear();
      await verified(token, { keys });
    },
  );

  test("stay in use for their hour while the provider is down", async () => {
    const issuer = new OidcIssuer();
    issuer.listen();
    const keys = providerKeys(undefined, false);
    await verified(await issuer.token(), { keys });
    issuer.answers.set(issuer.configurationUrl, () => new Response("", { status: 503 }));
    advanceClock(3_599_000);
    await verified(await issuer.token(), { keys });
    advanceClock(1000);
    await expect(verified(await issuer.token(), { keys })).rejects.toThrow("answers with 503");
    // Not even while it is not asked again: it may have withdrawn them.
    await expect(verified(await issuer.token(), { keys })).rejects.toThrow("a moment ago");
    advanceClock(1000);
    await expect(verified(await issuer.token(), { keys })).rejects.toThrow("answers with 503");
  });
});
