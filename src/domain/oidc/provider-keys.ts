import type { JSONWebKeySet } from "jose";
import { log } from "../../lib/log.ts";
import { fetchableUrl } from "./issuer-url.ts";
import { fetchJson, UnreachableProviderError } from "./fetch-json.ts";

const MAX_AGE_MS = 3_600_000;
/** A key that is not among them may be new; anybody can name one that never was. */
const REFETCH_AFTER_MS = 60_000;
/** What cannot be had is not asked for by every request. */
const RETRY_AFTER_MS = 1000;
const MAX_PROVIDERS = 100;
const MAX_KEYS = 100;

/** What the edge copy has. */
interface Copy {
  readonly keys: JSONWebKeySet;
  /** When the provider told them: they are of use for an hour from then on. */
  readonly fetchedMs: number;
}

/** What an isolate remembers. */
interface Known {
  /** Undefined: they could not be had. */
  readonly copy: Copy | undefined;
  /** When the provider was asked last, whether it answered or not. */
  readonly askedMs: number;
}

/** The public keys of OIDC providers, by way of this isolate's memory, then the edge copy in KV, then the provider. */
export interface ProviderKeys {
  /**
   * @param issuer the provider's URL
   * @param hasKey whether those are enough; if not, they are fetched anew, though not more often than once a minute
   * @throws UnreachableProviderError
   */
  read(issuer: string, hasKey: (keys: JSONWebKeySet) => boolean): Promise<JSONWebKeySet>;
}

/** @param copies undefined on the local server, which is one process */
export function providerKeys(copies: KVNamespace | undefined, mayBeInside: boolean): ProviderKeys {
  const memory = new Map<string, Known>();
  const keyOf = (issuer: string): string => `jwks-1/${issuer}`;

  function remember(issuer: string, known: Known): void {
    if (!memory.has(issuer) && memory.size >= MAX_PROVIDERS) memory.clear();
    memory.set(issuer, known);
  }

  async function copyOf(issuer: string): Promise<Copy | undefined> {
    const copy = await copies?.get<Copy>(keyOf(issuer), "json").catch(ignoreKvFailure);
    return copy ?? undefined;
  }

  async function fetched(issuer: string, before: Copy | undefined): Promise<JSONWebKeySet> {
    // Remembered first, so that those who come meanwhile do not all fetch.
    const askedMs = Date.now();
    remember(issuer, { copy: before, askedMs });
    const keys = await fetchKeys(issuer, mayBeInside);
    const copy = { keys, fetchedMs: askedMs };
    remember(issuer, { copy, askedMs });
    await copies
      ?.put(keyOf(issuer), JSON.stringify(copy), { expirationTtl: MAX_AGE_MS / 1000 })
      .catch(ignoreKvFailure);
    return keys;
  }

  return {
    async read(issuer, hasKey) {
      const nowMs = Date.now();
      const known = memory.get(issuer);
      // What is older is never used, not even while the provider cannot be reached: it may have withdrawn a key.
      const own =
        known?.copy && ageMs(known.copy.fetchedMs, nowMs) < MAX_AGE_MS ? known.copy : undefined;
      if (own !== undefined && hasKey(own.keys)) return own.keys;
      const copy = await copyOf(issuer);
      if (copy !== undefined && ageMs(copy.fetchedMs, nowMs) < MAX_AGE_MS && hasKey(copy.keys)) {
        remember(issuer, { copy, askedMs: copy.fetchedMs });
        return copy.keys;
      }
      const waitMs = own === undefined ? RETRY_AFTER_MS : REFETCH_AFTER_MS;
      if (known === undefined || ageMs(known.askedMs, nowMs) >= waitMs) return fetched(issuer, own);
      if (own !== undefined) return own.keys;
      throw new UnreachableProviderError(`the keys of ${issuer} could not be had a moment ago`);
    },
  };
}

/** Of a clock that was set back, nothing is known. */
function ageMs(sinceMs: number, nowMs: number): number {
  return sinceMs > nowMs ? Infinity : nowMs - sinceMs;
}

/**
 * Source: https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
 */
async function fetchKeys(issuer: string, mayBeInside: boolean): Promise<JSONWebKeySet> {
  const configuration = await fetchMember(
    `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`,
    mayBeInside,
  );
  const { issuer: named, jwks_uri: keysUrl } = configuration;
  if (named !== issuer)
    throw new UnreachableProviderError(`the provider ${issuer} says that it is ${String(named)}`);
  if (typeof keysUrl !== "string")
    throw new UnreachableProviderError(`the provider ${issuer} names no keys`);
  const { keys } = await fetchMember(keysUrl, mayBeInside);
  if (!Array.isArray(keys) || keys.length > MAX_KEYS || !keys.every(isObject))
    throw new UnreachableProviderError(`the keys of ${issuer} are no set of keys`);
  return { keys: keys };
}

async function fetchMember(
  text: string,
  mayBeInside: boolean,
): Promise<Readonly<Record<string, unknown>>> {
  const url = fetchableUrl(text, mayBeInside);
  if (url === undefined) throw new UnreachableProviderError(`${text} must not be fetched`);
  const document = await fetchJson(url);
  if (isObject(document)) return document;
  throw new UnreachableProviderError(`${text} is no object`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function ignoreKvFailure(error: unknown): undefined {
  log("warn", "edge copy failed", { error: String(error) });
  return undefined;
}
