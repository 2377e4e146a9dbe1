import { createHmac } from "node:crypto";
import { type MasterKey, SUB_KEY_AGES } from "../../lib/master-key.ts";
import { seal, unseal } from "../../lib/sealed-text.ts";
import type { SignedCaller, WebIdentity } from "../../protocol/caller.ts";
import type { TagSet } from "../../protocol/tag-set.ts";
import { newAccessKeyId } from "./access-key-id.ts";

/** What temporary credentials say of themselves. Nothing of them is stored anywhere else. */
export interface SessionClaims {
  /** What the session is. A session that a user, or root, got for itself is the user, or root. */
  readonly kind: SignedCaller["kind"];
  readonly accountId: string;
  /** The unique id of the role, or of the user; of root the account's id. Its record tells what it may do now. */
  readonly principalId: string;
  /** Of the session, or of the federated user; empty where there is none. */
  readonly name: string;
  readonly issuedSeconds: number;
  readonly expiresSeconds: number;
  /** The session policy's text. */
  readonly policy?: string | undefined;
  /** Of managed policies, which are session policies as well. */
  readonly policyArns?: readonly string[] | undefined;
  readonly tags?: TagSet | undefined;
  readonly transitiveTagKeys?: readonly string[] | undefined;
  readonly sourceIdentity?: string | undefined;
  readonly webIdentity?: WebIdentity | undefined;
}

export interface TemporaryCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiresMs: number;
}

export interface OpenedSession {
  readonly claims: SessionClaims;
  readonly secretAccessKey: string;
}

/** No token that was made is longer: policies, tags, and ARNs have 4,096 bytes at most. */
const MAX_TOKEN_LENGTH = 16 * 1024;
const BASE64URL = /^[\w-]+$/;
/** In a sealed text, behind the byte that says how it is laid out: never the same twice. */
const NONCE = [1, 13] as const;
/** 40 characters of base64. */
const SECRET_BYTES = 30;

/**
 * Credentials that end by themselves. Token and secret tell everything: who takes them needs the master key, and no table of
 * sessions. The token is a text that URLs need not encode.
 */
export function newCredentials(masterKey: MasterKey, claims: SessionClaims): TemporaryCredentials {
  const accessKeyId = newAccessKeyId("ASIA", masterKey);
  const text = JSON.stringify(packed(claims));
  const sealed = seal(masterKey.subKeys("tokens"), accessKeyId, text);
  const secretKey = masterKey.subKeys("session secrets").current;
  return {
    accessKeyId,
    secretAccessKey: secretOf(secretKey, accessKeyId, sealed),
    sessionToken: sealed.toString("base64url"),
    expiresMs: 1000 * claims.expiresSeconds,
  };
}

/** Opened once, used by every request of the session: a record of what it compiled to is kept with it. */
interface Remembered {
  readonly token: string;
  readonly session: OpenedSession;
}

const MAX_REMEMBERED = 1000;
const rememberedBy = new WeakMap<MasterKey, Map<string, Remembered>>();

/**
 * What a session token says, and the secret that goes with it; the same object as long as it is remembered. Whether the session
 * has ended is for the caller to see.
 *
 * @returns undefined: it was not made here for this access key, or is not whole
 */
export function openSession(
  masterKey: MasterKey,
  accessKeyId: string,
  token: string,
): OpenedSession | undefined {
  let remembered = rememberedBy.get(masterKey);
  if (remembered === undefined) rememberedBy.set(masterKey, (remembered = new Map()));
  const known = remembered.get(accessKeyId);
  if (known?.token === token) return known.session;
  const session = open(masterKey, accessKeyId, token);
  if (session === undefined) return undefined;
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(accessKeyId, { token, session });
  return session;
}

function open(masterKey: MasterKey, accessKeyId: string, token: string): OpenedSession | undefined {
  if (token.length > MAX_TOKEN_LENGTH || !BASE64URL.test(token)) return undefined;
  const sealed = Buffer.from(token, "base64url");
  // Of several spellings of the same bytes, one was handed out.
  if (sealed.toString("base64url") !== token) return undefined;
  for (const age of SUB_KEY_AGES) {
    const key = masterKey.subKeys("tokens")[age];
    const secretKey = masterKey.subKeys("session secrets")[age];
    if (key === undefined || secretKey === undefined) continue;
    const text = unsealed(key, accessKeyId, sealed);
    if (text === undefined) continue;
    const claims = unpacked(JSON.parse(text) as Packed);
    return { claims, secretAccessKey: secretOf(secretKey, accessKeyId, sealed) };
  }
  return undefined;
}

function unsealed(key: Uint8Array, name: string, sealed: Buffer): string | undefined {
  try {
    return unseal({ current: key }, name, sealed);
  } catch {
    return undefined;
  }
}

function secretOf(key: Uint8Array, accessKeyId: string, sealed: Buffer): string {
  const nonce = sealed.subarray(...NONCE);
  const mac = createHmac("sha256", key).update(accessKeyId).update(nonce).digest();
  return mac.subarray(0, SECRET_BYTES).toString("base64");
}

/** As the token has it, by short names: URLs carry it. What is absent takes no room. */
interface Packed {
  readonly k: SessionClaims["kind"];
  readonly a: string;
  readonly i: string;
  readonly n: string;
  readonly t0: number;
  readonly t1: number;
  readonly p?: string | undefined;
  readonly pa?: readonly string[] | undefined;
  readonly tg?: readonly (readonly [key: string, value: string])[] | undefined;
  readonly tt?: readonly string[] | undefined;
  readonly si?: string | undefined;
  readonly w?: readonly [providerArn: string, subject: string, audience: string] | undefined;
}

function packed(claims: SessionClaims): Packed {
  const { webIdentity: web } = claims;
  return {
    k: claims.kind,
    a: claims.accountId,
    i: claims.principalId,
    n: claims.name,
    t0: claims.issuedSeconds,
    t1: claims.expiresSeconds,
    p: claims.policy,
    pa: claims.policyArns,
    tg: claims.tags?.map(({ key, value }) => [key, value] as const),
    tt: claims.transitiveTagKeys,
    si: claims.sourceIdentity,
    w: web && [web.providerArn, web.subject, web.audience],
  };
}

function unpacked({ k, a, i, n, t0, t1, p, pa, tg, tt, si, w }: Packed): SessionClaims {
  return {
    kind: k,
    accountId: a,
    principalId: i,
    name: n,
    issuedSeconds: t0,
    expiresSeconds: t1,
    policy: p,
    policyArns: pa,
    tags: tg?.map(([key, value]) => ({ key, value })),
    transitiveTagKeys: tt,
    sourceIdentity: si,
    webIdentity: w && { providerArn: w[0], subject: w[1], audience: w[2] },
  };
}
