import type { RoleSession, ServiceCaller } from "../../protocol/caller.ts";
import type { Origin } from "../../protocol/events/origin.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import { StaleBucketError } from "../../storage/ports/bucket-index.ts";
import type { Decision } from "../../storage/ports/decision.ts";
import type { Check } from "../access/checks.ts";
import { Gate } from "../access/gate.ts";
import { newestHeardOf } from "../access/heard-of.ts";
import { noSuchBucket } from "../bucket-owner.ts";
import type { BucketPorts, Ports } from "../ports.ts";

/** What acts on a bucket's behalf; as a role of that bucket's owner, in buckets of other accounts. */
export type InternalCaller = RoleSession | ServiceCaller;

/** An internal caller, and what it is about to do. */
export interface InternalAccess {
  readonly caller: InternalCaller;
  /** Names the bucket, and the key if it is about one; its headers are those that a client would send for the same. */
  readonly request: S3Request;
  /** What it has to be allowed, all of it. */
  readonly checks: readonly Check[];
  /** What events tell of it. */
  readonly operation: string;
}

/** What the domain's functions get in the place of a client's request. */
export interface InternalContext extends BucketPorts {
  readonly caller: InternalCaller;
  readonly request: S3Request;
}

/**
 * Does something in a bucket as an internal caller, under the rules that hold for clients: the bucket's policy and ACL decide, again when a
 * shard has heard of newer ones.
 *
 * @param act may run twice: once more when the bucket turns out to be another one by now
 * @throws S3Error NoSuchBucket, AccessDenied, SlowDown (the bucket changes all the time), and what `act` throws
 */
export async function actInBucket<T>(
  ports: Ports,
  access: InternalAccess,
  act: (context: InternalContext) => Promise<T>,
): Promise<T> {
  const { buckets } = ports;
  const name = access.request.bucket ?? "";
  try {
    return await actIn(ports, access, await buckets.find(name), act);
  } catch (error) {
    if (!(error instanceof StaleBucketError)) throw error;
    return actIn(ports, access, await buckets.refresh(name), act);
  }
}

async function actIn<T>(
  ports: Ports,
  access: InternalAccess,
  remembered: BucketRecord | undefined,
  act: (context: InternalContext) => Promise<T>,
): Promise<T> {
  const { caller, request } = access;
  if (remembered === undefined) throw noSuchBucket(request.bucket ?? "");
  const { bucket, gate } = await letIn(ports, access, remembered);
  const decisions: Decision[] = [(known) => gate.decide(known)];
  const index = ports.indexOf(bucket, decisions, () => originOf(access));
  return act({ ...ports, bucket, gate, decisions, index, caller, request });
}

/** By the newest record that there is, if by the remembered one it is refused. */
async function letIn(
  ports: Ports,
  { caller, request, checks }: InternalAccess,
  remembered: BucketRecord,
): Promise<{ readonly bucket: BucketRecord; readonly gate: Gate }> {
  const asked = { caller, request, settings: ports.settings };
  const gateOf = (bucket: BucketRecord) => new Gate(asked, bucket, { checks, on: "bucket" });
  try {
    return { bucket: remembered, gate: gateOf(remembered) };
  } catch (refusal) {
    const bucket = await newestHeardOf(ports, remembered, request.key ?? "");
    if (bucket === remembered) throw refusal;
    return { bucket, gate: gateOf(bucket) };
  }
}

/** As AWS tells of what no request has brought about: the service stands for its address, too. */
function originOf({ caller, operation }: InternalAccess): Origin {
  const name = caller.kind === "service" ? caller.name : "s3.amazonaws.com";
  return { principalId: name, sourceIp: name, requestId: "", hostId: "", operation };
}
