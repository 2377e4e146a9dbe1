import { authenticate, type Authentication } from "../domain/auth/authenticate.ts";
import { type Identities, withIdentities } from "../domain/auth/identities.ts";
import { Gate, isPlainOwner, type Needed, requireAllowed } from "../domain/access/gate.ts";
import { authenticateForm } from "../domain/auth/form.ts";
import { likelyFileBytes, readFormHead } from "../domain/body/form-file.ts";
import { guardedIndex } from "../domain/access/guarded-index.ts";
import { newestHeardOf } from "../domain/access/heard-of.ts";
import { auditEntry, audited } from "../domain/audit.ts";
import { noSuchBucket, ownerOf } from "../domain/bucket-owner.ts";
import { edgeOf } from "../domain/edge/bucket-edge.ts";
import { readAtEdge } from "../domain/edge/read-at-edge.ts";
import type { Ports } from "../domain/ports.ts";
import { quotaOf } from "../domain/quota/bucket-quota.ts";
import { quotaIndex, requireRoomInQuota } from "../domain/quota/quota-index.ts";
import { checkSignedRegion } from "../domain/signed-region.ts";
import { auditedOperation } from "../operations/audit/audited-operations.ts";
import type {
  AccountContext,
  BucketContext,
  BucketOperation,
  ObjectOperation,
  Operation,
} from "../operations/operation.ts";
import { refuseKeysOverHttp } from "../protocol/encryption/customer-key.ts";
import { S3Error } from "../protocol/errors.ts";
import type { Origin } from "../protocol/events/origin.ts";
import { checkExpectedBucketOwner } from "../protocol/owner.ts";
import { refuseHeaders } from "../protocol/refused-headers.ts";
import { regionOf } from "../protocol/region.ts";
import type { ObjectRecord } from "../protocol/object-record.ts";
import type { S3Request } from "../protocol/s3-request.ts";
import type { BucketRecord } from "../storage/ports/bucket-directory.ts";
import type { Decision } from "../storage/ports/decision.ts";
import type { Waiter } from "../lib/waiter.ts";
import { StaleBucketError } from "../storage/ports/bucket-index.ts";
import { originOfRequest } from "./request-origin.ts";
import type { RequestIds } from "./request-ids.ts";
import { withHoistedHeaders } from "./hoisted-headers.ts";

/**
 * A request as its signer meant it, headers that stand in its query included.
 *
 * @param hoisted what {@link withHoistedHeaders} makes of the received request
 */
export function authenticated(
  received: S3Request,
  hoisted: S3Request,
  identities: Identities,
  waiter: Waiter,
): Authentication | Promise<Authentication> {
  return withIdentities(identities, waiter, (find) => {
    const authentication = authenticate(received, find, Date.now());
    const { request } = authentication;
    // Nearly every request verifies as it came.
    return {
      ...authentication,
      request: request === received ? hoisted : withHoistedHeaders(request),
    };
  });
}

/**
 * A form, whose fields are the headers of the request that goes on.
 *
 * @throws S3Error as {@link readFormHead} and {@link authenticateForm}
 */
export async function authenticatedForm(
  received: S3Request,
  idleMs: number,
  identities: Identities,
  waiter: Waiter,
): Promise<Authentication> {
  const form = await readFormHead(received, idleMs);
  return withIdentities(identities, waiter, (find) =>
    authenticateForm(received, form, find, Date.now()),
  );
}

/** What the audit log tells a request by, and who keeps the isolate alive for it. */
export interface Requested extends RequestIds {
  readonly waiter: Waiter;
}

/** authorize → handle, for the operation that the request selected. */
export async function run(
  operation: Operation,
  authentication: Authentication,
  ports: Ports,
  requested: Requested,
): Promise<Response> {
  const origin = (): Origin => originOfRequest(operation, authentication, requested);
  const { readdress } = operation;
  const context: AccountContext = {
    ...authentication,
    ...ports,
    ...(readdress !== undefined && { request: readdress(authentication.request) }),
    origin,
    indexOf: (bucket, decisions) => ports.indexOf(bucket, decisions, origin),
  };
  const told = auditedOperation(operation, context);
  if (told === undefined) return runAllowed(operation, context);
  const audit = auditEntry({ ...context, ...requested }, told.action, told.parameters);
  return audited(
    { ...ports, ...requested },
    audit,
    () => runAllowed(operation, { ...context, audit }),
    (error) => (error instanceof S3Error ? error.code : undefined),
  );
}

async function runAllowed(operation: Operation, context: AccountContext): Promise<Response> {
  if (operation.scope !== "account") return runOnBucket(operation, context);
  // Its own account's: root may do everything there.
  if (context.caller.kind !== "root" && operation.decidesItself !== true) {
    const checks = operation.access(context.request);
    requireAllowed(context, checks, operation.decidesByDocument === true ? "later" : undefined);
  }
  await takeRoom(operation, context);
  if (operation.refuses !== undefined) refuseHeaders(context.request.headers, operation.refuses);
  return operation.handle(context);
}

/** Waits only where a disk can be full. */
function takeRoom({ makesRoom }: Operation, context: AccountContext): Promise<void> | undefined {
  const { room, request } = context;
  const { method } = request;
  // Deletes are let in when a disk is full: they are the way out.
  const addsData = (method === "PUT" || method === "POST") && makesRoom !== true;
  return addsData ? room?.take(bodyBytes(context)) : undefined;
}

/** How long what is stored is, as the request announces it: without the framing of `aws-chunked`, or the fields of a form. */
function bodyBytes({
  request,
  payload,
  form,
}: Pick<AccountContext, "form" | "payload" | "request">): number {
  if (form !== undefined) return likelyFileBytes(form);
  if (payload.kind === "chunked") return payload.decodedLengthBytes;
  return Number(request.headers.get("content-length") ?? 0);
}

/**
 * Runs an operation on the bucket as it is remembered. If the index says that this bucket is gone, its name may be
 * another's by now: the Directory is asked, and the operation runs once more, unless its body is spent.
 */
async function runOnBucket(
  operation: BucketOperation | ObjectOperation,
  given: AccountContext,
): Promise<Response> {
  const context = withBucketOf(operation, given);
  const { request, buckets, caller, strangers } = context;
  const name = request.bucket ?? "";
  // A shard says when the bucket is gone. An operation that asks none has to ask the Directory.
  const isVouchedFor = operation.scope === "object" || operation.readsIndex === true;
  if (caller.kind === "anonymous" && !(isVouchedFor && buckets.remembered(name) !== undefined))
    strangers.count();
  const bucket = await (isVouchedFor ? buckets.find(name) : buckets.refresh(name));
  try {
    return await handleOnBucket(operation, context, bucket);
  } catch (error) {
    if (!(error instanceof StaleBucketError)) throw error;
    const successor = await buckets.refresh(name);
    // The body is spent, so that the request cannot run again here. Every SDK repeats a 503 by itself.
    if (successor !== undefined && request.body !== null) throw new S3Error("SlowDown");
    return handleOnBucket(operation, context, successor);
  }
}

/** Where the path names no bucket: as if it named the one that is meant. */
function withBucketOf(
  operation: BucketOperation | ObjectOperation,
  context: AccountContext,
): AccountContext {
  if (operation.scope === "object" || operation.bucketOf === undefined) return context;
  const bucket = operation.bucketOf(context.request);
  return { ...context, request: { ...context.request, bucket, key: undefined } };
}

async function handleOnBucket(
  operation: BucketOperation | ObjectOperation,
  context: AccountContext,
  bucket: BucketRecord | undefined,
): Promise<Response> {
  const { request, signedRegion, settings } = context;
  checkExpectedBucketOwner(request.headers, bucket && ownerOf(bucket, settings.account).id);
  if (bucket === undefined) throw noSuchBucket(request.bucket ?? "");
  checkSignedRegion(signedRegion, regionOf(bucket.region), settings.region);
  const edge = edgeOf(bucket);
  if (edge !== undefined && operation.scope === "object") {
    const read = await readAtEdge(context, bucket, edge);
    if (read instanceof Response) return read;
    if (read !== bucket) return handleOnBucket(operation, context, read);
  }
  let gate: Gate | undefined;
  try {
    const open = () => openGate(operation, context, bucket);
    gate = context.spans === undefined ? open() : context.spans.enter("authorize", open);
  } catch (refusal) {
    const newest = await newestHeardOf(context, bucket, request.key ?? "");
    if (newest === bucket) throw refusal;
    return handleOnBucket(operation, context, newest);
  }
  if (gate !== undefined) context.notes.gate = gate;
  const taken = takeRoom(operation, context);
  if (taken !== undefined) await taken;
  if (operation.refuses !== undefined) refuseHeaders(request.headers, operation.refuses);
  if (!settings.takesKeysOverHttp) refuseKeysOverHttp(request);
  const decisions: Decision[] = [
    (known, object) => decideAgain(operation, context, gate, known, object),
  ];
  const quota = quotaOf(bucket);
  let index = context.indexOf(bucket, decisions);
  if (quota !== undefined) {
    const { quotaUsage } = context;
    if (operation.storesBody === true)
      await requireRoomInQuota(quotaUsage, bucket, quota, bodyBytes(context));
    index = quotaIndex(index, bucket, quota, quotaUsage);
  }
  const bucketContext: BucketContext = { ...context, bucket, decisions, index, gate };
  const response = await answer(operation, bucketContext);
  if (gate?.isCharged === true) response.headers.set("x-amz-request-charged", "requester");
  return response;
}

function answer(
  operation: BucketOperation | ObjectOperation,
  context: BucketContext,
): Promise<Response> {
  if (operation.scope === "bucket") return operation.handle(context);
  const key = context.request.key ?? "";
  const { gate, index } = context;
  if (gate === undefined || operation.needsObject !== true)
    return operation.handle({ ...context, key });
  return operation.handle({ ...context, key, index: guardedIndex(index, gate, key) });
}

/** @returns undefined: the caller may do everything with the bucket */
function openGate(
  operation: BucketOperation | ObjectOperation,
  context: AccountContext,
  bucket: BucketRecord,
): Gate | undefined {
  return isPlainOwner(context.caller, bucket) ? undefined : gateOf(operation, context, bucket);
}

function gateOf(
  operation: BucketOperation | ObjectOperation,
  context: AccountContext,
  bucket: BucketRecord,
): Gate {
  const checks = operation.access(context.request);
  return new Gate(context, bucket, { checks, on: dependingOn(operation) });
}

function dependingOn(operation: BucketOperation | ObjectOperation): Needed["on"] {
  if (operation.decidesByKey === true) return "keys";
  return operation.scope === "object" && operation.needsObject === true ? "object" : "bucket";
}

/**
 * When the bucket turns out to have changed since {@link openGate}, before anything is done; or, to whoever may do everything with the
 * bucket, when an object does that is perhaps another account's.
 */
function decideAgain(
  operation: BucketOperation | ObjectOperation,
  context: AccountContext,
  gate: Gate | undefined,
  known: BucketRecord,
  object: ObjectRecord | undefined,
): void {
  if (object !== undefined) {
    // With a gate, what is read is screened anyway.
    const isAbout = dependingOn(operation) === "object";
    if (gate === undefined && isAbout) gateOf(operation, context, known).decideOn(object);
    return;
  }
  if (gate !== undefined) {
    gate.decide(known);
    return;
  }
  const isOpen = openGate(operation, context, known)?.isOpen ?? true;
  // What only the object can decide, a request that was let in without a gate does not look at: it begins anew. Keys of many are
  // asked of by themselves.
  const hasManyKeys = operation.scope === "bucket" && operation.decidesByKey === true;
  if (!isOpen && !hasManyKeys) throw new StaleBucketError();
}
