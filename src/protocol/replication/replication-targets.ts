import { type Declared, declaredTargets, textMembers, urlFault } from "../events/target-members.ts";
import { isCannedAcl } from "../acl/canned-acl.ts";
import { ACCOUNT_ID } from "../owner.ts";

/** A bucket of another server, which versions may go to. */
export interface ReplicationTarget {
  /** Without a slash at the end; buckets are the first part of its paths. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** It is another Ledge: version ids and statuses are kept there. */
  readonly isLedge: boolean;
  /** A canned ACL that replicas are to have there; undefined: none is asked for, as where ACLs are off. */
  readonly acl: string | undefined;
  /** Whose buckets may go there, by the ids of accounts, or {@link ANY_ACCOUNT}; undefined: the deployment's own account's. */
  readonly accounts: readonly string[] | undefined;
}

export const ANY_ACCOUNT = "*";

/** By ARN, as rules name them. */
export type ReplicationTargets = ReadonlyMap<string, ReplicationTarget>;

const ARN =
  /^arn:(?:aws[a-z-]{0,16}:s3::|(?:ledge|minio):replication:[a-z0-9-]{0,64}:[\w-]{0,64}):([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])$/;
const REQUIRED = ["endpoint", "accessKeyId", "secretAccessKey"] as const;
const OPTIONAL = ["region", "bucket", "sessionToken", "kind", "acl"] as const;
const MAX_ACCOUNTS = 1000;

const TARGET_ID = /^[\w-]{1,64}$/;
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const REGION = /^[a-z0-9-]{1,64}$/;

/** What rules call a bucket of another server that is put by `/_ledge/replication-targets/{id}`. */
export function targetArn(id: string, { region, bucket }: ReplicationTarget): string {
  return `arn:ledge:replication:${region}:${id}:${bucket}`;
}

/** The id in such an ARN; undefined: it is none. */
export function targetIdOf(arn: string): string | undefined {
  return /^arn:ledge:replication:[a-z0-9-]{0,64}:([\w-]{1,64}):/.exec(arn)?.[1];
}

export function isTargetId(text: string): boolean {
  return TARGET_ID.test(text);
}

/**
 * @param json `{"arn:aws:s3:::offsite": {"endpoint": "https://s3.example.com", "accessKeyId": "…", "secretAccessKey": "…"}}`; empty: none
 * @param isLocal whether endpoints may be at any address, and without TLS
 * @throws Error that tells no secret
 */
export function readReplicationTargets(
  name: string,
  json: string,
  isLocal: boolean,
): ReplicationTargets {
  return declaredTargets(name, json, (arn, target) => readDeclared(arn, target, isLocal));
}

function readDeclared(arn: string, target: Declared, isLocal: boolean): ReplicationTarget | string {
  const named = ARN.exec(arn)?.[1];
  if (named === undefined)
    return "is not called arn:aws:s3:::BUCKET or arn:ledge:replication:REGION:ID:BUCKET";
  return readTarget({ bucket: named, ...target }, isLocal);
}

/**
 * @param isLocal whether its endpoint may be at any address, and without TLS
 * @returns a text: what is wrong with it, without any secret
 */
export function readTarget(
  { accounts, ...target }: Declared,
  isLocal: boolean,
): ReplicationTarget | string {
  const members = textMembers(target, REQUIRED, OPTIONAL);
  if (typeof members === "string") return members;
  const { endpoint, region = "us-east-1", bucket = "", kind = "s3", acl } = members;
  if (kind !== "s3" && kind !== "ledge") return 'has a kind that is not "s3" or "ledge"';
  if (acl !== undefined && !isCannedAcl(acl)) return "has an acl that is no canned one";
  if (!BUCKET.test(bucket)) return "has no bucket, or one that cannot be called so";
  if (!REGION.test(region)) return "has a region that is none";
  if (accounts !== undefined && !isAccountList(accounts))
    return 'has accounts that are not a list of ids of accounts, or of "*"';
  const fault = endpointFault(endpoint, isLocal);
  if (fault !== undefined) return fault;
  const { accessKeyId, secretAccessKey, sessionToken } = members;
  return {
    endpoint: endpoint.replace(/\/$/, ""),
    region,
    bucket,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
    isLedge: kind === "ledge",
    acl,
    accounts,
  };
}

function endpointFault(endpoint: string, isLocal: boolean): string | undefined {
  const fault = urlFault(endpoint, isLocal);
  if (fault !== undefined) return fault.replace("url", "endpoint");
  return /[?#]/.test(endpoint) ? "has an endpoint with a query" : undefined;
}

function isAccountList(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.length <= MAX_ACCOUNTS &&
    value.every((id) => typeof id === "string" && (id === ANY_ACCOUNT || ACCOUNT_ID.test(id)))
  );
}
