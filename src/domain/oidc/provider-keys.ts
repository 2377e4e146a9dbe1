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

interface Known {
  /** Undefined: they could not be had. */
  readonly keys: JSONWebKeySet | undefined;
  readonly fetchedMs: number;
}

/** What the edge copy has. */
interface Copy extends Known {
  readonly keys: JSONWebKeySet;
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

  async function fetched(issuer: string, before: Known | undefined): Promise<JSONWebKeySet> {
    // Remembered first, so that those who come meanwhile do not all fetch.
    remember(issuer, { keys: before?.keys, fetchedMs: Date.now() });
    const keys = await fetchKeys(issuer, mayBeInside);
    const known = { keys, fetchedMs: Date.now() };
    remember(issuer, known);
    await copies
      ?.put(keyOf(issuer), JSON.stringify(known), { expirationTtl: MAX_AGE_MS / 1000 })
      .catch(ignoreKvFailure);
    return keys;
  }

  return {
    async read(issuer, hasKey) {
      const nowMs = Date.now();
      const remembered = memory.get(issuer);
      const isOfUse = (known: Known | undefined): boolean =>
        known?.keys !== undefined && ageMs(known, nowMs) < MAX_AGE_MS && hasKey(known.keys);
      if (remembered?.keys !== undefined && isOfUse(remembered)) return remembered.keys;
      const copy = await copyOf(issuer);
      if (copy !== undefined && isOfUse(copy)) {
        remember(issuer, copy);
        return copy.keys;
      }
      const waitMs = remembered?.keys === undefined ? RETRY_AFTER_MS : REFETCH_AFTER_MS;
      if (remembered === undefined || ageMs(remembered, nowMs) >= waitMs)
        return fetched(issuer, remembered);
      if (remembered.keys !== undefined) return remembered.keys;
      throw new UnreachableProviderError(`the keys of ${issuer} could not be had a moment ago`);
    },
  };
}

/** Of a clock that was set back, nothing is known. */
function ageMs({ fetchedMs }: Known, nowMs: number): number {
  return fetchedMs > nowMs ? Infinity : nowMs - fetchedMs;
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
