import { describe, expect, test } from "vitest";
import { isMadeId } from "../../../../src/domain/auth/access-key-id.ts";
import {
  newCredentials,
  openSession,
  type SessionClaims,
} from "../../../../src/domain/auth/session-token.ts";
import { MasterKey } from "../../../../src/lib/master-key.ts";
import { seededRandom } from "../../../support/seeded-random.ts";

const FIRST = new Uint8Array(32).fill(7);
const SECOND = new Uint8Array(32).fill(8);

const LEAST: SessionClaims = {
  kind: "user",
  accountId: "111111111111",
  principalId: "AIDAAAAAAAAAAAAAAAAAA",
  name: "",
  issuedSeconds: 1_795_000_000,
  expiresSeconds: 1_795_003_600,
};
const MOST: SessionClaims = {
  ...LEAST,
  kind: "role session",
  principalId: "AROAAAAAAAAAAAAAAAAAA",
  name: "deploy@ci",
  policy: '{"Version":"2012-10-17","Statement":[]} ä😀',
  policyArns: ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"],
  tags: [
    { key: "Project", value: "Ledge" },
    { key: "empty", value: "" },
  ],
  transitiveTagKeys: ["Project"],
  sourceIdentity: "alice",
  webIdentity: { providerArn: "arn:aws:iam::1:oidc-provider/h/p", subject: "s", audience: "a" },
};

describe("a session token", () => {
  test.for([LEAST, MOST])("of a $kind tells what it was made with, to its own key", (claims) => {
    const masterKey = new MasterKey(FIRST);
    const made = newCredentials(masterKey, claims);
    expect(isMadeId(made.accessKeyId, masterKey)).toBe(true);
    expect(made.accessKeyId).toMatch(/^ASIA/);
    expect(made.secretAccessKey).toMatch(/^[\w+/]{40}$/);
    expect(made.sessionToken).toMatch(/^[\w-]+$/);
    expect(made.expiresMs).toBe(1_795_003_600_000);
    // Another isolate has not made it.
    const opened = openSession(new MasterKey(FIRST), made.accessKeyId, made.sessionToken);
    expect(opened).toEqual({ claims, secretAccessKey: made.secretAccessKey });
  });

  test("does not show what it says, and no two are the same", () => {
    const masterKey = new MasterKey(FIRST);
    const [a, b] = [newCredentials(masterKey, MOST), newCredentials(masterKey, MOST)];
    expect(Buffer.from(a.sessionToken, "base64url").toString("latin1")).not.toContain("deploy");
    for (const member of ["accessKeyId", "secretAccessKey", "sessionToken"] as const)
      expect(a[member]).not.toBe(b[member]);
    // The token of one with the key of the other.
    expect(openSession(masterKey, a.accessKeyId, b.sessionToken)).toBeUndefined();
  });

  test("is opened once, and the same object afterwards", () => {
    const masterKey = new MasterKey(FIRST);
    const { accessKeyId, sessionToken } = newCredentials(masterKey, MOST);
    const opened = openSession(masterKey, accessKeyId, sessionToken);
    expect(openSession(masterKey, accessKeyId, sessionToken)).toBe(opened);
    expect(openSession(masterKey, accessKeyId, `${sessionToken}A`)).toBeUndefined();
    expect(openSession(masterKey, accessKeyId, sessionToken)).toBe(opened);
  });

  test("outlives the replacement of the master key, with the secret that it had", () => {
    const { accessKeyId, sessionToken, secretAccessKey } = newCredentials(
      new MasterKey(FIRST),
      MOST,
    );
    const open = (masterKey: MasterKey) => openSession(masterKey, accessKeyId, sessionToken);
    expect(open(new MasterKey(SECOND, FIRST))?.secretAccessKey).toBe(secretAccessKey);
    expect(open(new MasterKey(SECOND))).toBeUndefined();
    const replacing = new MasterKey(SECOND, FIRST);
    const made = newCredentials(replacing, LEAST);
    const later = openSession(new MasterKey(SECOND), made.accessKeyId, made.sessionToken);
    expect(later?.secretAccessKey).toBe(made.secretAccessKey);
  });
});

describe("what is no token opens to nothing, and nothing is thrown", () => {
  const masterKey = new MasterKey(FIRST);
  const { accessKeyId, sessionToken } = newCredentials(masterKey, MOST);
  const openNew = (token: string) => openSession(new MasterKey(FIRST), accessKeyId, token);

  test("a token with one bit changed, cut anywhere, or with something behind it", () => {
    const bytes = Buffer.from(sessionToken, "base64url");
    for (const at of bytes.keys()) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      expect(openNew(changed.toString("base64url")), `byte ${at}`).toBeUndefined();
      expect(openNew(sessionToken.slice(0, at)), `${at} characters`).toBeUndefined();
    }
    for (const end of ["=", "==", "A", " ", "\n", "%3D"])
      expect(openNew(sessionToken + end), JSON.stringify(end)).toBeUndefined();
  });

  test("random texts, short and long", () => {
    const random = seededRandom(13);
    const alphabet = "ABCabc019-_+/=. \u0000ä😀";
    for (let round = 0; round < 2000; round += 1) {
      const length = random(200);
      const text = Array.from({ length }, () => alphabet[random(alphabet.length)]);
      expect(openNew(text.join(""))).toBeUndefined();
    }
    expect(openNew("A".repeat(1_000_000))).toBeUndefined();
  });
});
