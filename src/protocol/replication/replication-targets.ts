import { type Declared, declaredTargets, textMembers, urlFault } from "../events/target-members.ts";

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
  /** Whose buckets may go there, or {@link ANY_ACCOUNT}; undefined: the deployment's own account's. */
  readonly accountId: string | undefined;
}

export const ANY_ACCOUNT = "*";

/** By ARN, as rules name them. */
export type ReplicationTargets = ReadonlyMap<string, ReplicationTarget>;

const ARN =
  /^arn:(?:aws[a-z-]{0,16}:s3::|(?:ledge|minio):replication:[a-z0-9-]{0,64}:[\w-]{0,64}):([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])$/;
const REQUIRED = ["endpoint", "accessKeyId", "secretAccessKey"] as const;
const OPTIONAL = ["region", "bucket", "sessionToken", "kind", "account"] as const;

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
  return declaredTargets(name, json, (arn, target) => readTarget(arn, target, isLocal));
}

function readTarget(arn: string, target: Declared, isLocal: boolean): ReplicationTarget | string {
  const named = ARN.exec(arn)?.[1];
  if (named === undefined)
    return "is not called arn:aws:s3:::BUCKET or arn:ledge:replication:REGION:ID:BUCKET";
  const members = textMembers(target, REQUIRED, OPTIONAL);
  if (typeof members === "string") return members;
  const { endpoint, region = "us-east-1", bucket = named, kind = "s3", account } = members;
  if (kind !== "s3" && kind !== "ledge") return 'has a kind that is not "s3" or "ledge"';
  const fault = urlFault(endpoint, isLocal);
  if (fault !== undefined) return fault.replace("url", "endpoint");
  const { accessKeyId, secretAccessKey, sessionToken } = members;
  return {
    endpoint: endpoint.replace(/\/$/, ""),
    region,
    bucket,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
    isLedge: kind === "ledge",
    accountId: account,
  };
}
