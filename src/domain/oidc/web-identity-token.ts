import {
  compactVerify,
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  type JSONWebKeySet,
  type JWTPayload,
  type ProtectedHeaderParameters,
} from "jose";

/** Signatures that whoever knows the public keys cannot make. */
const ALGORITHMS = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512"],
];
const MAX_SKEW_SECONDS = 300;

/** A token of an OIDC provider's, as it says of itself. Nothing of it counts before {@link verifyToken}. */
export interface UnverifiedToken {
  readonly text: string;
  readonly issuer: string;
  /** Whether the key that it names is one of these. */
  readonly hasKey: (keys: JSONWebKeySet) => boolean;
}

/** What a provider says of somebody. */
export type Claims = JWTPayload & { readonly sub: string };

/** Why a token is refused, as AWS calls it. */
export class TokenFault extends Error {
  override readonly name = "TokenFault";
  readonly code: "ExpiredTokenException" | "InvalidIdentityToken";

  constructor(code: TokenFault["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** @throws TokenFault for what is no JWT */
export function readToken(text: string): UnverifiedToken {
  const { header, payload } = decode(text);
  const { iss: issuer } = payload;
  if (typeof issuer !== "string") throw invalid("Missing a required claim: iss");
  if (header.alg === undefined || !ALGORITHMS.includes(header.alg) || header.crit !== undefined)
    throw invalid("The ID Token is signed by an algorithm that is not supported.");
  const { kid } = header;
  return {
    text,
    issuer,
    hasKey: ({ keys }) => keys.some((key) => kid === undefined || key.kid === kid),
  };
}

function decode(text: string): { header: ProtectedHeaderParameters; payload: JWTPayload } {
  try {
    return { header: decodeProtectedHeader(text), payload: decodeJwt(text) };
  } catch {
    throw invalid(
      "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
    );
  }
}

/** Each imports a key once. */
const keySets = new WeakMap<JSONWebKeySet, ReturnType<typeof createLocalJWKSet>>();

/**
 * What the token says, of which the provider vouches.
 *
 * @param clientIds whom its tokens may be for; none: for anybody
 * @throws TokenFault
 * Source: https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
 */
export async function verifyToken(
  { text }: UnverifiedToken,
  keys: JSONWebKeySet,
  clientIds: readonly string[],
  nowMs: number,
): Promise<Claims> {
  let keySet = keySets.get(keys);
  if (keySet === undefined) keySets.set(keys, (keySet = createLocalJWKSet(keys)));
  try {
    await compactVerify(text, keySet, { algorithms: ALGORITHMS });
  } catch {
    throw invalid("Couldn't verify the signature of the ID Token with the keys of its provider.");
  }
  const claims = decodeJwt(text);
  checkTimes(claims, nowMs / 1000);
  const { sub } = claims;
  if (typeof sub !== "string" || sub === "") throw invalid("Missing a required claim: sub");
  if (audienceOf(claims) === "") throw invalid("Missing a required claim: aud");
  if (clientIds.length > 0 && !clientIds.includes(audienceOf(claims)))
    throw invalid("Incorrect token audience");
  return { ...claims, sub };
}

/** Whom the token was made for. Of one for several, who asked for it. */
export function audienceOf({ aud, azp }: JWTPayload): string {
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  const [first] = audiences;
  const audience = audiences.length > 1 ? azp : first;
  return typeof audience === "string" ? audience : "";
}

function checkTimes({ exp, nbf, iat }: JWTPayload, nowSeconds: number): void {
  if (typeof exp !== "number") throw invalid("Missing a required claim: exp");
  if (nowSeconds >= exp)
    throw new TokenFault(
      "ExpiredTokenException",
      `Token expired: current date/time ${Math.floor(nowSeconds)} must be before the expiration date/time ${exp}`,
    );
  for (const beginSeconds of [nbf, iat]) {
    if (beginSeconds === undefined) continue;
    if (typeof beginSeconds !== "number" || beginSeconds > nowSeconds + MAX_SKEW_SECONDS)
      throw invalid("The ID Token is not valid yet.");
  }
}

function invalid(message: string): TokenFault {
  return new TokenFault("InvalidIdentityToken", message);
}
