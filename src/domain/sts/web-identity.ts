import type { JWTPayload } from "jose";
import { log } from "../../lib/log.ts";
import { QueryError } from "../../protocol/query-api/query-error.ts";
import {
  audienceOf,
  type Claims,
  readToken,
  TokenFault,
  verifyToken,
} from "../oidc/web-identity-token.ts";
import { UnreachableProviderError } from "../oidc/fetch-json.ts";
import type { Ports } from "../ports.ts";
import type { SessionTags } from "./session-tags.ts";

/** Whom a provider vouches for. */
export interface VouchedFor {
  readonly providerArn: string;
  readonly subject: string;
  readonly audience: string;
  /** All that its token says, for conditions, by their names in small letters. */
  readonly claims: ReadonlyMap<string, string | readonly string[]>;
  readonly session: SessionTags & { readonly sourceIdentity: string | undefined };
}

/** It goes into the session's token, which requests carry. Source: https://openid.net/specs/openid-connect-core-1_0.html#IDToken */
const MAX_SUBJECT_LENGTH = 255;

/**
 * Checks the token of an OIDC provider that the account trusts. Whoever sends it has not signed: what it costs before it is
 * verified is bounded.
 *
 * @param accountId whose provider it has to be
 * @throws QueryError InvalidIdentityToken, ExpiredTokenException; S3Error SlowDown
 */
export async function vouchedFor(
  { sessions, providerKeys, strangers }: Pick<Ports, "providerKeys" | "sessions" | "strangers">,
  accountId: string,
  text: string,
): Promise<VouchedFor> {
  try {
    const token = readToken(text);
    const providerArn = `arn:aws:iam::${accountId}:oidc-provider/${token.issuer.replace(/^https?:\/\//, "")}`;
    strangers.count();
    const provider = await sessions.findProvider(providerArn);
    if (provider === undefined)
      throw new QueryError("InvalidIdentityToken", {
        message: `No OpenIDConnect provider found in your account for ${token.issuer}`,
      });
    const keys = await providerKeys.read(token.issuer, token.hasKey);
    const claims = await verifyToken(token, keys, provider.clientIds, Date.now());
    if (claims.sub.length > MAX_SUBJECT_LENGTH)
      throw new TokenFault("InvalidIdentityToken", "The claim sub is too long.");
    return {
      providerArn,
      subject: claims.sub,
      audience: audienceOf(claims),
      claims: claimKeys(claims),
      session: sessionClaims(claims),
    };
  } catch (error) {
    throw toQueryError(error);
  }
}

function toQueryError(error: unknown): unknown {
  if (error instanceof TokenFault) return new QueryError(error.code, { message: error.message });
  if (!(error instanceof UnreachableProviderError)) return error;
  log("warn", "OIDC provider not reached", { error: error.message });
  return new QueryError("InvalidIdentityToken", {
    message:
      "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
  });
}

/**
 * Texts, numbers, truths, and lists of texts. Conditions do not look at the case of their keys: of claims that differ in it alone,
 * the one in small letters counts, as `sub` is, whatever else a provider lets its users name. Ceph calls the audience `app_id`.
 */
function claimKeys(claims: JWTPayload): VouchedFor["claims"] {
  const keys = new Map<string, string | readonly string[]>();
  for (const [name, value] of Object.entries(claims)) {
    const lower = name.toLowerCase();
    const text = claimText(value);
    if (text !== undefined && (name === lower || !Object.hasOwn(claims, lower)))
      keys.set(lower, text);
  }
  const audience = keys.get("aud");
  if (audience !== undefined) keys.set("app_id", audience);
  return keys;
}

function claimText(value: unknown): string | readonly string[] | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (!isTextList(value)) return undefined;
  // A list of one is as good as the one: conditions without a set operator take it.
  return value.length === 1 ? value[0] : value;
}

const TAGS_CLAIM = "https://aws.amazon.com/tags";
const SOURCE_IDENTITY_CLAIM = "https://aws.amazon.com/source_identity";

/**
 * What a provider wants the session to have.
 *
 * @throws TokenFault for tags of several values, which AWS does not take either
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp
 */
function sessionClaims(claims: Claims): VouchedFor["session"] {
  const { [TAGS_CLAIM]: wanted, [SOURCE_IDENTITY_CLAIM]: sourceIdentity } = claims;
  const { principal_tags: principalTags = {}, transitive_tag_keys: transitiveTagKeys = [] } =
    isObject(wanted) ? wanted : {};
  if (!isObject(principalTags) || !isTextList(transitiveTagKeys)) throw malformedTags();
  const tags = Object.entries(principalTags).map(([key, values]) => {
    const value = typeof values === "string" ? values : isTextList(values) ? values : undefined;
    const [text, ...rest] = typeof value === "string" ? [value] : (value ?? []);
    if (text === undefined || rest.length > 0 || key.length > 128 || text.length > 256)
      throw malformedTags();
    return { key, value: text };
  });
  return { tags, transitiveTagKeys, sourceIdentity: sourceIdentityOf(sourceIdentity) };
}

/** Who asked for it, as AssumeRole takes it: policies compare it, and logs tell it. */
function sourceIdentityOf(claim: unknown): string | undefined {
  if (claim === undefined) return undefined;
  if (typeof claim === "string" && /^[\w+=,.@-]{2,64}$/.test(claim)) return claim;
  throw new TokenFault(
    "InvalidIdentityToken",
    `The claim ${SOURCE_IDENTITY_CLAIM} must be a name of 2 to 64 characters.`,
  );
}

function malformedTags(): TokenFault {
  return new TokenFault(
    "InvalidIdentityToken",
    `The claim ${TAGS_CLAIM} must have principal_tags of one value each, and transitive_tag_keys.`,
  );
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
