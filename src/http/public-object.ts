import { edgeOf } from "../domain/edge/bucket-edge.ts";
import { publicReadOf } from "../domain/edge/public-read.ts";
import type { Ports } from "../domain/ports.ts";
import { respondWithHeaders, respondWithObject } from "../domain/read-object.ts";
import { sharedFreshnessSeconds } from "../lib/cache-control.ts";
import { onVersion } from "../operations/access.ts";
import type { ObjectOperation } from "../operations/operation.ts";
import { ANONYMOUS } from "../protocol/caller.ts";
import { markedAnswer, travelingHeaders } from "../protocol/edge/cached-answer.ts";
import { addressOfPublic, type PublicAddress } from "../protocol/edge/public-address.ts";
import { S3Error } from "../protocol/errors.ts";
import type { ObjectRecord } from "../protocol/object-record.ts";
import type { S3Request } from "../protocol/s3-request.ts";
import type { BucketRecord } from "../storage/ports/bucket-directory.ts";
import type { Waiter } from "../lib/waiter.ts";
import { portsOf, safeDeploymentOf } from "./deployment.ts";
import { logInternalError, toS3Error } from "./render-error.ts";
import { newRequestIds } from "./request-ids.ts";
import { run } from "./run.ts";

/** For how long it may be told that there is none: an object that was just made is looked for. */
const MISSING_SECONDS = 5;

/** The execution context of an entrypoint, which has this where a cache is in front of it. */
export interface CachedContext extends Waiter {
  readonly cache?: unknown;
}

/**
 * `GET` and `HEAD` of a {@link PublicAddress}: the object as everybody may read it, with what a cache needs to know to keep it. Nothing
 * of a client's request counts, for none is there. The answer is an object, or a mark (`protocol/edge/cached-answer.ts`); only what
 * everybody may read whatever they ask with may be stored. It is read under the revision that the address names, or a later one.
 */
export async function answerPublicObject(
  request: Request,
  env: Cloudflare.Env,
  context: CachedContext,
): Promise<Response> {
  const ids = newRequestIds();
  try {
    const address = addressOfPublic(new URL(request.url).pathname);
    if (address === undefined) return markedAnswer("direct", 0);
    const ports = portsOf(env, await safeDeploymentOf(env), context);
    const bucket = await bucketOf(address, ports);
    if (bucket === undefined) return markedAnswer("direct", 0);
    return await read(bucket, request, address.key, {
      ports,
      // A cache makes ranges of whole objects itself, and stores nothing else.
      isRanged: context.cache === undefined,
      requested: { ...ids, waiter: context },
    });
  } catch (error) {
    const failure = toS3Error(error);
    if (failure !== error) logInternalError(error, ids.requestId);
    return markedAnswer("direct", 0);
  }
}

/** The bucket with this id, as it is since that revision; undefined: it is gone. */
async function bucketOf(
  { bucketId, bucketName, revision }: PublicAddress,
  { buckets }: Ports,
): Promise<BucketRecord | undefined> {
  let bucket = await buckets.find(bucketName);
  if (bucket?.id !== bucketId) bucket = await buckets.refresh(bucketName);
  return bucket?.id === bucketId ? buckets.caughtUp(bucket, revision) : undefined;
}

interface Reading {
  readonly ports: Ports;
  readonly isRanged: boolean;
  readonly requested: Parameters<typeof run>[3];
}

async function read(
  bucket: BucketRecord,
  { method, headers }: Request,
  key: string,
  { ports, isRanged, requested }: Reading,
): Promise<Response> {
  const edge = edgeOf(bucket);
  const isPublic = publicReadOf(bucket, key, ports.settings) !== undefined;
  if (edge === undefined || !isPublic) return markedAnswer("direct", 0);
  const { maxAgeSeconds } = edge;
  const asked = requestFor(bucket, key, method, isRanged ? headers.get("range") : null);
  const anonymous = {
    caller: ANONYMOUS,
    payload: { kind: "plain", sha256Hex: undefined },
    signedRegion: undefined,
    request: asked,
  } as const;
  // This very bucket, and no other of its name.
  const buckets = {
    ...ports.buckets,
    find: async () => bucket,
    refresh: async () => undefined,
  };
  try {
    const operation = readPublicObject(maxAgeSeconds);
    const found = await run(operation, anonymous, { ...ports, buckets }, requested);
    return found.headers.has("cloudflare-cdn-cache-control")
      ? found
      : cacheable(found, freshnessOf(found.headers, maxAgeSeconds));
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    const isMissing = error.code === "NoSuchKey" && Object.keys(error.headers).length === 0;
    if (isMissing) return markedAnswer("missing", Math.min(maxAgeSeconds, MISSING_SECONDS));
    return markedAnswer(error.code === "AccessDenied" ? "denied" : "direct", 0);
  }
}

function requestFor(
  bucket: BucketRecord,
  key: string,
  method: string,
  range: string | null,
): S3Request {
  return {
    method: method === "HEAD" ? "HEAD" : "GET",
    headers: new Headers(range === null ? {} : { range }),
    body: null,
    origin: "https://public-object.invalid",
    rawPath: "/",
    rawQuery: "",
    query: new URLSearchParams(),
    isVirtualHosted: true,
    bucket: bucket.name,
    key,
    keyWithPluses: undefined,
    clientAcceptEncoding: undefined,
  };
}

/**
 * GetObject and HeadObject, but for objects that the bucket's policy does not make public, and for those that are too large to be kept:
 * one byte of them would bring them into the cache.
 */
function readPublicObject(maxAgeSeconds: number): ObjectOperation {
  return {
    name: "GetObject",
    scope: "object",
    access: onVersion("GetObject"),
    needsObject: true,
    handle(context) {
      const { request, key, bucket, settings } = context;
      const notByPolicy = ({ access }: ObjectRecord): Response | undefined =>
        publicReadOf(bucket, key, settings, access) === undefined
          ? markedAnswer("direct", 0)
          : undefined;
      if (request.method === "HEAD") return respondWithHeaders(context, request, key, notByPolicy);
      const tooLarge = ({ sizeBytes, headers }: ObjectRecord): Response | undefined =>
        sizeBytes > settings.edgeObjectLimitBytes
          ? markedAnswer("direct", freshnessOf(new Headers(headers), maxAgeSeconds))
          : undefined;
      return respondWithObject(
        context,
        request,
        key,
        (record) => notByPolicy(record) ?? tooLarge(record),
      );
    },
  };
}

/** The object's own headers may ask for less than the bucket's setting allows, but not for more. */
function freshnessOf(headers: Headers, maxAgeSeconds: number): number {
  const cacheControl = headers.get("cache-control");
  const own = sharedFreshnessSeconds(cacheControl, headers.get("expires"), Date.now());
  return Math.min(own ?? maxAgeSeconds, maxAgeSeconds);
}

function cacheable({ body, status, headers }: Response, maxAgeSeconds: number): Response {
  return new Response(body, { status, headers: travelingHeaders(headers, maxAgeSeconds) });
}
