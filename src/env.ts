import { decodeBase64 } from "./lib/base64.ts";
import { MasterKey } from "./lib/master-key.ts";
import { type EventTargets, readEventTargets } from "./protocol/events/event-targets.ts";
import type { LifecycleTerms } from "./protocol/lifecycle/lifecycle-actions.ts";
import {
  type ReplicationTargets,
  readReplicationTargets,
} from "./protocol/replication/replication-targets.ts";
import { rootOf, type SignedCaller } from "./protocol/caller.ts";
import { isPublishedSecret } from "./protocol/published-secrets.ts";
import { KEY_ID } from "./protocol/kms/key-reference.ts";
import { ACCOUNT_ID, type Account, derivedCanonicalId } from "./protocol/owner.ts";

const JURISDICTIONS = /^(?:|eu|fedramp|us)$/;

/** Everything configurable, validated. Units are in the names. */
export interface Settings {
  readonly region: string;
  /** `s3.example.com` makes `bucket.s3.example.com` name a bucket; undefined: path style only. */
  readonly virtualHostSuffix: string | undefined;
  /** `s3-website.example.com` makes `bucket.s3-website.example.com` the address of a website; undefined: no such addresses. */
  readonly websiteHostSuffix: string | undefined;
  /** Hosts that are the names of buckets, whose websites they are. */
  readonly websiteDomains: ReadonlySet<string>;
  /** The local server's own host, while it has the published credentials; undefined: any host will do. */
  readonly ownHost: string | undefined;
  /** It is no deployment, but the local server, `npm run dev`, or a test. */
  readonly isLocal: boolean;
  /** Why this deployment is to answer no request, as a sentence that says what is to be done; undefined: it may. */
  readonly refusal: string | undefined;
  readonly account: Account;
  /** Of that account. */
  readonly root: SignedCaller;
  readonly rootCredentials: Credentials | undefined;
  /** What the root's key was before, while it is replaced. */
  readonly previousRootCredentials: Credentials | undefined;
  /** What secrets are sealed with; undefined: there are none to keep, and so no other accounts. */
  readonly masterKey: MasterKey | undefined;
  /** KMS keys that every account has, made at their first use. */
  readonly declaredKeys: ReadonlySet<string>;
  /** For how long an access key may be used by what is remembered of it. */
  readonly identityMaxAgeMs: number;
  /** Whether OIDC providers may be at loopback and private addresses, and there without TLS. */
  readonly hasLocalIssuers: boolean;
  /** Who may be notified of events. */
  readonly eventTargets: EventTargets;
  /** Targets may be at any address, and without TLS. */
  readonly takesAnyTarget: boolean;
  /** Which other servers versions may go to; the Directory may know more. */
  readonly replicationTargets: ReplicationTargets;
  /** Buckets made from now on: with ACLs, or as AWS makes them, without, and with public access blocked. */
  readonly newBuckets: "acls" | "aws";
  /** Services that write into other buckets of the same account ask policies as well: those of a role, or of the bucket. */
  readonly servicesAskPolicies: boolean;
  /** No bucket is public, whatever its own public access block says. */
  readonly blockPublicAccess: boolean;
  /** SSE-S3: the store encrypts by itself, and is said to; or Ledge does, with a key of the bucket owner's account. */
  readonly sseS3: "envelope" | "store";
  /** Customers' keys are taken over plain HTTP as well. */
  readonly takesKeysOverHttp: boolean;
  /** Shards of buckets made from now on. */
  readonly indexShards: number;
  readonly inlineLimitBytes: number;
  /** Objects that are larger are never in the cache of a public lane. */
  readonly edgeObjectLimitBytes: number;
  readonly noTransform: boolean;
  readonly logRequests: boolean;
  /** What the log says of keys. */
  readonly logKeys: "hash" | "none" | "plain";
  /** What happens to objects is logged. */
  readonly logEvents: boolean;
  /** Clients may listen to what happens to objects. */
  readonly canListen: boolean;
  /** What `/_ledge/metrics` may be read with besides the deployment root's signature; undefined: nothing. */
  readonly metricsToken: string | undefined;
  /** How long a line of an access log waits for others. */
  readonly logFlushMs: number;
  /** How long a request's body may bring nothing. */
  readonly bodyIdleMs: number;
}

const MASTER_KEY_BYTES = 32;
/** What cannot be guessed, and can stand in a header. */
const METRICS_TOKEN = /^[!-~]{16,256}$/;

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** @throws Error naming the variable and its value, when a setting is not valid */
export function readSettings(env: Cloudflare.Env): Settings {
  const account = accountOf(matching("ACCOUNT_ID", env.ACCOUNT_ID, ACCOUNT_ID));
  const isLocal = (env as { readonly LOCAL?: string }).LOCAL === "true";
  const refusal = isLocal ? undefined : refusalFor(env);
  return {
    isLocal,
    refusal,
    region: matching("REGION", env.REGION, /^[a-z0-9-]{1,64}$/),
    virtualHostSuffix: host("VIRTUAL_HOST_SUFFIX", env.VIRTUAL_HOST_SUFFIX),
    websiteHostSuffix: host("WEBSITE_HOST_SUFFIX", env.WEBSITE_HOST_SUFFIX),
    websiteDomains: domains("WEBSITE_DOMAINS", env.WEBSITE_DOMAINS),
    // No setting of wrangler.toml: only the command line knows it.
    ownHost: host("OWN_HOST", (env as { readonly OWN_HOST?: string }).OWN_HOST ?? ""),
    account,
    root: { ...rootOf(account), isDeploymentRoot: true },
    rootCredentials: credentials(env, "ROOT_ACCESS_KEY_ID", "ROOT_SECRET_ACCESS_KEY"),
    previousRootCredentials: credentials(
      env,
      "ROOT_ACCESS_KEY_ID_PREVIOUS",
      "ROOT_SECRET_ACCESS_KEY_PREVIOUS",
    ),
    // An example is no key at all.
    masterKey: refusal === undefined ? masterKey(env) : undefined,
    declaredKeys: new Set(names("KMS_KEYS", env.KMS_KEYS, KEY_ID)),
    identityMaxAgeMs:
      1000 * integer("IDENTITY_MAX_AGE_SECONDS", env.IDENTITY_MAX_AGE_SECONDS, 0, 3600),
    hasLocalIssuers: boolean("LOCAL_ISSUERS", env.LOCAL_ISSUERS),
    eventTargets: eventTargets(env),
    takesAnyTarget: boolean("LOCAL_TARGETS", env.LOCAL_TARGETS),
    replicationTargets: readReplicationTargets(
      "REPLICATION_TARGETS",
      (env as Secrets).REPLICATION_TARGETS ?? "",
      boolean("LOCAL_TARGETS", env.LOCAL_TARGETS),
    ),
    newBuckets:
      matching("NEW_BUCKETS", env.NEW_BUCKETS, /^(acls|aws)$/) === "acls" ? "acls" : "aws",
    servicesAskPolicies:
      matching("SERVICE_ACCESS", env.SERVICE_ACCESS, /^(account|policies)$/) === "policies",
    blockPublicAccess: boolean("BLOCK_PUBLIC_ACCESS", env.BLOCK_PUBLIC_ACCESS),
    sseS3: matching("SSE_S3", env.SSE_S3, /^(envelope|store)$/) === "store" ? "store" : "envelope",
    takesKeysOverHttp:
      matching("SSE_C_OVER_HTTP", env.SSE_C_OVER_HTTP, /^(allow|refuse)$/) === "allow",
    indexShards: powerOfTwo("INDEX_SHARDS", env.INDEX_SHARDS, 256),
    // A row holds 2 MB at most; an inline body is one column of one row.
    inlineLimitBytes: integer("INLINE_LIMIT_BYTES", env.INLINE_LIMIT_BYTES, 0, 1024 * 1024),
    // What Workers Cache stores at most.
    edgeObjectLimitBytes: integer(
      "EDGE_OBJECT_LIMIT_BYTES",
      env.EDGE_OBJECT_LIMIT_BYTES,
      0,
      512 * 1024 * 1024,
    ),
    noTransform: boolean("NO_TRANSFORM", env.NO_TRANSFORM),
    logRequests: boolean("LOG_REQUESTS", env.LOG_REQUESTS),
    logKeys: matching("LOG_KEYS", env.LOG_KEYS, /^(?:hash|none|plain)$/) as Settings["logKeys"],
    logEvents: boolean("LOG_EVENTS", env.LOG_EVENTS),
    canListen: boolean("LISTEN", env.LISTEN),
    metricsToken: metricsToken(env),
    logFlushMs: integer("LOG_FLUSH_MILLISECONDS", env.LOG_FLUSH_MILLISECONDS, 0, 20_000),
    bodyIdleMs: 1000 * integer("BODY_IDLE_SECONDS", env.BODY_IDLE_SECONDS, 1, 3600),
  };
}

/** What a shard of the index needs to know; parsed apart, since a shard never sees the credentials. */
export interface ShardSettings {
  readonly garbageDelayMs: number;
  readonly orphanAgeMs: number;
  /** When a multipart upload counts as abandoned; 0: never. */
  readonly uploadExpiryMs: number;
  /** How many bytes a shard's database may have until nothing is added to it. */
  readonly limitBytes: number;
  readonly lifecycle: LifecycleTerms;
  /** After how long lines of an access log become an object. */
  readonly logRollMs: number;
  /** How long a day of inventories is. */
  readonly inventoryDayMs: number;
  /** What all shards of an isolate may remember of the objects that they read lately. */
  readonly cacheBytes: number;
  readonly eventTargets: EventTargets;
  readonly logEvents: boolean;
  /** After how long an event that cannot be delivered is given up. */
  readonly outboxRetryMs: number;
  /** How long a target of events that fails is left alone, time and again. */
  readonly outboxProbeMs: number;
  /** Events of a shard that may wait for a target that fails. */
  readonly outboxLimit: number;
}

/** @throws Error naming the variable and its value, when a setting is not valid */
export function readShardSettings(env: Cloudflare.Env): ShardSettings {
  const week = 7 * 86_400;
  return {
    garbageDelayMs: 1000 * integer("GARBAGE_DELAY_SECONDS", env.GARBAGE_DELAY_SECONDS, 0, week),
    orphanAgeMs: 1000 * integer("ORPHAN_AGE_SECONDS", env.ORPHAN_AGE_SECONDS, 0, week),
    uploadExpiryMs:
      1000 * integer("UPLOAD_EXPIRY_SECONDS", env.UPLOAD_EXPIRY_SECONDS, 0, 520 * week),
    // A Durable Object of Cloudflare's has 10 GB; the local server's disk may have more.
    limitBytes: integer("SHARD_LIMIT_BYTES", env.SHARD_LIMIT_BYTES, 1, 1024 ** 5),
    lifecycle: {
      dayMs: 1000 * integer("LIFECYCLE_DAY_SECONDS", env.LIFECYCLE_DAY_SECONDS, 1, 86_400),
      minimumBytes: integer("TRANSITION_MINIMUM_BYTES", env.TRANSITION_MINIMUM_BYTES, 0, 1024 ** 4),
    },
    logRollMs: 1000 * integer("LOG_ROLL_SECONDS", env.LOG_ROLL_SECONDS, 0, 86_400),
    inventoryDayMs: 1000 * integer("INVENTORY_DAY_SECONDS", env.INVENTORY_DAY_SECONDS, 1, 86_400),
    cacheBytes: integer("SHARD_CACHE_BYTES", env.SHARD_CACHE_BYTES, 0, 1024 ** 3),
    eventTargets: eventTargets(env),
    logEvents: boolean("LOG_EVENTS", env.LOG_EVENTS),
    outboxRetryMs: 3_600_000 * integer("OUTBOX_RETRY_HOURS", env.OUTBOX_RETRY_HOURS, 0, 24 * 14),
    outboxProbeMs: 1000 * integer("OUTBOX_PROBE_SECONDS", env.OUTBOX_PROBE_SECONDS, 1, 3600),
    outboxLimit: integer("OUTBOX_LIMIT", env.OUTBOX_LIMIT, 1, 1_000_000),
  };
}

/** Secrets, which a deployment may do without: wrangler.toml names only those that it must have. */
type Secrets = Readonly<Partial<Record<SecretName, string>>>;
type SecretName =
  | "EVENT_TARGETS"
  | "MASTER_KEY"
  | "REPLICATION_TARGETS"
  | "MASTER_KEY_PREVIOUS"
  | "METRICS_TOKEN"
  | "ROOT_ACCESS_KEY_ID"
  | "ROOT_ACCESS_KEY_ID_PREVIOUS"
  | "ROOT_SECRET_ACCESS_KEY"
  | "ROOT_SECRET_ACCESS_KEY_PREVIOUS";

/** A deployment without root credentials still answers, and refuses every signed request by name. */
function credentials(
  env: Cloudflare.Env,
  idName: SecretName,
  secretName: SecretName,
): Credentials | undefined {
  const { [idName]: accessKeyId = "", [secretName]: secretAccessKey = "" } = env as Secrets;
  if (accessKeyId === "" || secretAccessKey === "") return undefined;
  return { accessKeyId, secretAccessKey };
}

/** Root credentials that there are not, or that anybody knows, would leave all that is stored to anybody. */
function refusalFor(env: Cloudflare.Env): string | undefined {
  const { ROOT_ACCESS_KEY_ID: id = "", ROOT_SECRET_ACCESS_KEY: secret = "" } = env as Secrets;
  if (id === "" || secret === "")
    return `This deployment has no root credentials. ${toSet("ROOT_ACCESS_KEY_ID and ROOT_SECRET_ACCESS_KEY")}`;
  const secrets: readonly SecretName[] = [
    "ROOT_SECRET_ACCESS_KEY",
    "ROOT_SECRET_ACCESS_KEY_PREVIOUS",
    "MASTER_KEY",
    "MASTER_KEY_PREVIOUS",
  ];
  const published = secrets.find((name) => isPublishedSecret((env as Secrets)[name] ?? ""));
  if (published === undefined) return undefined;
  return `${published} of this deployment is a published example, which anybody can use. ${toSet(published)}`;
}

function toSet(names: string): string {
  return `Set ${names} to random values of your own, by "npx wrangler secret put", or deploy by "ledge deploy", which makes them.`;
}

/** A previous one alone is none: nothing can be sealed anew. */
function masterKey(env: Cloudflare.Env): MasterKey | undefined {
  const current = masterKeyBytes(env, "MASTER_KEY");
  const previous = masterKeyBytes(env, "MASTER_KEY_PREVIOUS");
  return current && new MasterKey(current, previous);
}

function masterKeyBytes(
  env: Cloudflare.Env,
  name: "MASTER_KEY" | "MASTER_KEY_PREVIOUS",
): Uint8Array | undefined {
  const { [name]: text = "" } = env as Secrets;
  if (text === "") return undefined;
  const bytes = decodeBase64(text, MASTER_KEY_BYTES);
  // A secret: what it is instead is not told.
  if (bytes === undefined) throw new Error(`${name} is not 32 bytes in base64`);
  return bytes;
}

function metricsToken(env: Cloudflare.Env): string | undefined {
  const { METRICS_TOKEN: token = "" } = env as Secrets;
  if (token === "") return undefined;
  // What it is instead is not told.
  if (!METRICS_TOKEN.test(token))
    throw new Error("METRICS_TOKEN is not 16 or more visible ASCII characters");
  return token;
}

function eventTargets(env: Cloudflare.Env): EventTargets {
  const { EVENT_TARGETS: json = "" } = env as Secrets;
  return readEventTargets("EVENT_TARGETS", json, env, boolean("LOCAL_TARGETS", env.LOCAL_TARGETS));
}

function accountOf(id: string): Account {
  return { id, canonicalId: derivedCanonicalId(id), displayName: "root" };
}

function matching(name: string, value: string, pattern: RegExp): string {
  if (!pattern.test(value))
    throw new Error(`${name} is "${value}", which does not match ${pattern}`);
  return value;
}

/** As a Host header has it, in lower case; undefined when it is empty. */
function host(name: string, value: string): string | undefined {
  if (value === "") return undefined;
  const address = value.includes(":") && !value.startsWith("[") ? `[${value}]` : value;
  return matching(name, address, /^(?:[\w-]+(?:\.[\w-]+)*|\[[\w:.%]+\])$/).toLowerCase();
}

/** Apart by commas. */
function names(name: string, value: string, pattern: RegExp): readonly string[] {
  return value === "" ? [] : value.split(",").map((each) => matching(name, each.trim(), pattern));
}

/** Apart by commas. */
function domains(name: string, value: string): ReadonlySet<string> {
  const names = value.split(",").map((each) => host(name, each.trim()));
  return new Set(names.filter((each) => each !== undefined));
}

function boolean(name: string, value: string): boolean {
  return matching(name, value, /^(true|false)$/) === "true";
}

function integer(name: string, value: string, least: number, most: number): number {
  const number = Number(value);
  if (value === "" || !Number.isInteger(number) || number < least || number > most)
    throw new Error(`${name} is "${value}", not an integer from ${least} to ${most}`);
  return number;
}

function powerOfTwo(name: string, value: string, most: number): number {
  const number = integer(name, value, 1, most);
  if (!Number.isInteger(Math.log2(number)))
    throw new Error(`${name} is "${value}", not a power of two from 1 to ${most}`);
  return number;
}

/** @throws Error when it is none that there is */
export function jurisdictionOf(env: Cloudflare.Env): DurableObjectJurisdiction | undefined {
  const name = matching("JURISDICTION", env.JURISDICTION, JURISDICTIONS);
  return name === "" ? undefined : (name as DurableObjectJurisdiction);
}
