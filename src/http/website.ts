import { discardBody } from "../lib/discard-body.ts";
import { newestHeardOf } from "../domain/access/heard-of.ts";
import { strangersBucket } from "../domain/access/strangers.ts";
import { websiteOf } from "../domain/bucket-website.ts";
import { noSuchBucket } from "../domain/bucket-owner.ts";
import type { Ports } from "../domain/ports.ts";
import { getObject } from "../operations/object/get-object.ts";
import { headObject } from "../operations/object/head-object.ts";
import { type ReadPage, serveWebsite } from "../operations/website/serve-website.ts";
import { ANONYMOUS } from "../protocol/caller.ts";
import { S3Error } from "../protocol/errors.ts";
import type { S3Request } from "../protocol/s3-request.ts";
import type { BucketRecord } from "../storage/ports/bucket-directory.ts";
import { StaleBucketError } from "../storage/ports/bucket-index.ts";
import type { OtherApi, OtherRequest } from "./other-api.ts";
import { logInternalError, toS3Error } from "./render-error.ts";
import { renderWebsiteError } from "./render-website-error.ts";
import { run } from "./run.ts";

const OPERATION = "Website";

/** How often the bucket may be configured while one request is answered. */
const MAX_ATTEMPTS = 5;

const CONDITIONS = ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];

/**
 * The address of a bucket for browsers, as PutBucketWebsite configures it. Whoever asks is anonymous, whatever the request is
 * signed with, and no parameter counts. Errors are pages.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteEndpoints.html
 */
export const websiteApi: Pick<OtherApi, "answer"> = {
  async answer(other) {
    try {
      return { operation: OPERATION, response: await answerWebsite(other) };
    } catch (error) {
      const failure = toS3Error(error);
      if (failure !== error) logInternalError(error, other.requestId);
      const response = renderWebsiteError(failure, other.request.method, other);
      return { operation: OPERATION, code: failure.code, response };
    }
  },
};

/** @throws S3Error */
async function answerWebsite(other: OtherRequest): Promise<Response> {
  const { request, ports } = other;
  const { method, bucket: name = "" } = request;
  if (method !== "GET" && method !== "HEAD")
    throw new S3Error("MethodNotAllowed", { fields: { Method: method, ResourceType: "OBJECT" } });
  let bucket = await strangersBucket(name, ports);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    if (bucket === undefined) throw noSuchBucket(name);
    const outcome = await outcomeIn(bucket, other);
    const newest = await newestSince(bucket, outcome.hasRead, request, ports);
    if (newest?.id !== bucket.id || newest.gateway.revision !== bucket.gateway.revision) {
      if (outcome.response !== undefined) await discardBody(outcome.response);
      bucket = newest;
    } else if (outcome.response === undefined) throw outcome.failure;
    else return outcome.response;
  }
  throw new S3Error("OperationAborted");
}

interface Outcome {
  /** Undefined: it failed. */
  readonly response?: Response;
  readonly failure?: unknown;
  /** A shard was asked, and would have said that the bucket is newer. */
  readonly hasRead: boolean;
}

async function outcomeIn(bucket: BucketRecord, other: OtherRequest): Promise<Outcome> {
  let hasRead = false;
  const read: ReadPage = (key, how) => {
    hasRead = true;
    return readObject(key, how, other);
  };
  try {
    const website = websiteOf(bucket);
    if (website === undefined)
      throw new S3Error("NoSuchWebsiteConfiguration", { fields: { BucketName: bucket.name } });
    const { request } = other;
    const { key = "" } = request;
    const response = await serveWebsite(website, { ...request, key }, read);
    return { response, hasRead };
  } catch (failure) {
    return { failure, hasRead };
  }
}

/** Reads as anybody may, by all rules of access that hold for GetObject. */
function readObject(
  key: string,
  how: Parameters<ReadPage>[1],
  { request, ports, requestId, hostId, waiter }: OtherRequest,
): Promise<Response> {
  const isHead = how === "exists" || request.method === "HEAD";
  const asked: S3Request = {
    ...request,
    method: isHead ? "HEAD" : "GET",
    headers: headersOf(request, how === "as asked"),
    body: null,
    query: new URLSearchParams(),
    rawQuery: "",
    key,
    keyWithPluses: undefined,
  };
  const payload = { kind: "plain", sha256Hex: undefined } as const;
  const anonymous = { caller: ANONYMOUS, payload, signedRegion: undefined, request: asked };
  return run(isHead ? headObject : getObject, anonymous, ports, { requestId, hostId, waiter });
}

function headersOf({ headers: received }: S3Request, isAsked: boolean): Headers {
  const headers = new Headers(received);
  for (const name of received.keys())
    if (name.startsWith("x-amz-") || name === "authorization") headers.delete(name);
  if (!isAsked) for (const name of [...CONDITIONS, "range", "if-range"]) headers.delete(name);
  return headers;
}

/** The bucket as its shards know it, as far as this isolate has heard; undefined: it is gone. */
async function newestSince(
  bucket: BucketRecord,
  hasRead: boolean,
  { key = "" }: S3Request,
  ports: Ports,
): Promise<BucketRecord | undefined> {
  if (hasRead) return ports.buckets.remembered(bucket.name) ?? bucket;
  try {
    return await newestHeardOf(ports, bucket, key);
  } catch (error) {
    if (!(error instanceof StaleBucketError)) throw error;
    return ports.buckets.refresh(bucket.name);
  }
}
