import { discardBody } from "../../lib/discard-body.ts";
import { parseHttpDate } from "../../lib/http-date.ts";
import { log } from "../../lib/log.ts";
import { headersOfObject, isFromCache, markOf } from "../../protocol/edge/cached-answer.ts";
import { pathOfPublic } from "../../protocol/edge/public-address.ts";
import { S3Error } from "../../protocol/errors.ts";
import { unquoteEtag } from "../../protocol/etag.ts";
import { contentRange, parseRange, type RangeSpec, resolveRange } from "../../protocol/range.ts";
import { evaluateRead } from "../../protocol/read-conditions.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import { requireObject } from "../found-object.ts";
import type { PublicLane } from "./public-lane.ts";
import type { PublicRead } from "./public-read.ts";

/** Nobody asks a name server for it: the call goes to the entrypoint, and the cache's key has no host. */
const ORIGIN = "https://public-object.invalid";

/** What makes an answer another one, but for one range and the two conditions that are decided here. */
const DECISIVE: ReadonlySet<string> = new Set([
  "authorization",
  "if-match",
  "if-range",
  "if-unmodified-since",
]);

/** Whether a request asks for nothing but an object as it is now, or one range of it. */
export function isPlainRead({ method, rawQuery, body, headers }: S3Request): boolean {
  if (rawQuery !== "" || body !== null) return false;
  if (method !== "GET" && (method !== "HEAD" || headers.has("range"))) return false;
  for (const name of headers.keys())
    if (name.startsWith("x-amz-") || DECISIVE.has(name)) return false;
  return true;
}

interface PublicRequest {
  readonly bucket: BucketRecord;
  readonly key: string;
  readonly request: S3Request;
  readonly publicRead: PublicRead;
}

/**
 * Reads an object that everybody may read by way of the cache: a whole one, or a range, that was read at most so long ago as the
 * bucket's setting says. The cache is told nothing of who asks. Conditions are decided here, on what it answers, in S3's order.
 *
 * @returns undefined: the cache has no answer to give, and the object is to be read itself
 * @throws S3Error NoSuchKey, AccessDenied
 */
export async function readPublicly(
  lane: PublicLane,
  asked: PublicRequest,
): Promise<Response | undefined> {
  const { key, request, publicRead } = asked;
  lane.result = "direct";
  const range = parseRange(request.headers.get("range"));
  const answer = await ask(lane, asked, range);
  if (answer === undefined) return undefined;
  const result = isFromCache(answer) ? "hit" : "miss";
  const mark = markOf(answer);
  if (mark === undefined) {
    const response = responseOf(answer, request, range);
    if (response !== undefined) lane.result = result;
    else await discardBody(answer);
    return response;
  }
  await discardBody(answer);
  // Whether it may be told that there is none was decided here: the entrypoint sees no request.
  if (mark === "missing" && publicRead.mayLearnOfKey === true) {
    lane.result = result;
    requireObject(undefined, key, undefined);
  }
  if (mark === "denied" && publicRead.mayLearnOfKey === false) {
    lane.result = result;
    throw new S3Error("AccessDenied");
  }
  return undefined;
}

/** What fails is read directly. */
async function ask(
  lane: PublicLane,
  { bucket, key, request: { method } }: PublicRequest,
  range: RangeSpec | undefined,
): Promise<Response | undefined> {
  const path = pathOfPublic({
    bucketId: bucket.id,
    bucketName: bucket.name,
    revision: bucket.gateway.revision,
    key,
  });
  const headers: Record<string, string> = range === undefined ? {} : { range: rangeHeader(range) };
  try {
    return await lane.fetch(`${ORIGIN}${path}`, { method, headers, cf: { cacheKey: path } });
  } catch (error) {
    log("warn", "public object not read", { error: String(error) });
    return undefined;
  }
}

/** As every cache reads it, however it was written. */
function rangeHeader(range: RangeSpec): string {
  if (range.kind === "suffix") return `bytes=-${range.length}`;
  return `bytes=${range.first}-${range.last === Infinity ? "" : range.last}`;
}

/** @returns undefined: it is not what S3 would answer */
function responseOf(
  answer: Response,
  request: S3Request,
  range: RangeSpec | undefined,
): Response | undefined {
  const headers = headersOfObject(answer.headers);
  const { status } = answer;
  if (!isAsAsked(status, headers, range)) return undefined;
  const lastModifiedMs = parseHttpDate(headers.get("last-modified") ?? "");
  const etag = headers.get("etag");
  if (lastModifiedMs === undefined || etag === null) return undefined;
  const known = { etag: unquoteEtag(etag), lastModifiedMs };
  if (evaluateRead(request.headers, known) === "proceed") {
    const body = request.method === "HEAD" ? null : answer.body;
    return new Response(body, { status, headers, encodeBody: "manual" });
  }
  // Nobody waits for the bytes.
  void discardBody(answer);
  headers.delete("content-length");
  headers.delete("content-range");
  return new Response(null, { status: 304, headers });
}

const RANGE_TOTAL = /^bytes \d{1,16}-\d{1,16}\/(\d{1,16})$/;

/** Whole when the whole was asked for, and otherwise just the range. */
function isAsAsked(status: number, headers: Headers, range: RangeSpec | undefined): boolean {
  const told = headers.get("content-range");
  if (range === undefined) return status === 200 && told === null;
  const total = Number(RANGE_TOTAL.exec(told ?? "")?.[1]);
  const wanted = status === 206 ? resolveRange(range, total) : undefined;
  return wanted !== undefined && contentRange(wanted, total) === told;
}
