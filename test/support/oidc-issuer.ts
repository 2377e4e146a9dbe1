import { vi } from "vitest";

type Json = Readonly<Record<string, unknown>>;

const KINDS = {
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  PS384: { name: "RSA-PSS", hash: "SHA-384" },
  ES256: { name: "ECDSA", hash: "SHA-256", namedCurve: "P-256" },
} as const;
export type Algorithm = keyof typeof KINDS;

interface Key {
  readonly kid: string;
  readonly alg: Algorithm;
  readonly pair: CryptoKeyPair;
}

/** An OIDC provider of the tests' own, whose documents are answered in place of `fetch`. Its tokens are signed with WebCrypto. */
export class OidcIssuer {
  readonly url: string;
  readonly #keys: Key[] = [];
  /** What was fetched, by URL, in order. */
  readonly fetched: string[] = [];
  /** Answers by URL, instead of its own. */
  readonly answers = new Map<string, () => Promise<Response> | Response>();

  constructor(url = `https://issuer-${crypto.randomUUID()}.example.com/realm`) {
    this.url = url;
  }

  get configurationUrl(): string {
    return `${this.url}/.well-known/openid-configuration`;
  }

  get keysUrl(): string {
    return `${this.url}/keys`;
  }

  /** Takes the place of `fetch`, for this provider's URLs. */
  listen(): void {
    const { fetch: elsewhere } = globalThis;
    vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
      const { url } = new Request(input);
      return url.startsWith(this.url) ? this.answer(url) : elsewhere(input, init);
    });
  }

  /** What it answers to a request of one of its documents. */
  async answer(url: string): Promise<Response> {
    this.fetched.push(url);
    const answer = this.answers.get(url);
    if (answer !== undefined) return answer();
    if (url === this.configurationUrl)
      return Response.json({ issuer: this.url, jwks_uri: this.keysUrl });
    if (url === this.keysUrl) return Response.json({ keys: await this.#publicKeys() });
    return new Response("none", { status: 404 });
  }

  async #publicKeys(): Promise<Json[]> {
    return Promise.all(
      this.#keys.map(async ({ kid, alg, pair }) => {
        const jwk = (await crypto.subtle.exportKey("jwk", pair.publicKey)) as JsonWebKey;
        const { kty, n, e, crv, x, y } = jwk;
        return { kid, alg, use: "sig", kty, n, e, crv, x, y };
      }),
    );
  }

  async addKey(kid: string, alg: Algorithm = "ES256"): Promise<void> {
    const kind = KINDS[alg];
    const made =
      "namedCurve" in kind
        ? kind
        : { ...kind, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
    const pair = (await crypto.subtle.generateKey(made, true, ["sign", "verify"])) as CryptoKeyPair;
    this.#keys.push({ kid, alg, pair });
  }

  /** A token for ten minutes from now, unless its claims say otherwise. */
  async token(claims: Json = {}, { kid, header = {} }: { kid?: string; header?: Json } = {}) {
    if (this.#keys.length === 0) await this.addKey("first");
    const key = this.#keys.find((each) => each.kid === (kid ?? this.#keys[0]?.kid));
    if (key === undefined) throw new Error(`there is no key ${kid}`);
    const nowSeconds = Math.floor(Date.now() / 1000);
    const times = { iat: nowSeconds, exp: nowSeconds + 600 };
    const all = { iss: this.url, sub: "subject", aud: "audience", ...times, ...claims };
    const head = { alg: key.alg, kid: key.kid, typ: "JWT", ...header };
    const signed = `${encoded(JSON.stringify(head))}.${encoded(JSON.stringify(all))}`;
    const kind = KINDS[key.alg];
    const algorithm = kind.name === "RSA-PSS" ? { ...kind, saltLength: 48 } : kind;
    const signature = await crypto.subtle.sign(algorithm, key.pair.privateKey, Buffer.from(signed));
    return `${signed}.${encoded(Buffer.from(signature))}`;
  }
}

export function encoded(bytes: Uint8Array | string): string {
  return Buffer.from(bytes).toString("base64url");
}
