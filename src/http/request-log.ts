import type { Settings } from "../env.ts";
import { boundedText } from "../lib/bounded-text.ts";
import { log } from "../lib/log.ts";
import { sha256Hex } from "../lib/sha256.ts";
import type { Caller } from "../protocol/caller.ts";
import type { S3Request } from "../protocol/s3-request.ts";
import type { EdgeResult } from "../domain/edge/public-lane.ts";
import type { RequestIds } from "./request-ids.ts";

/** As it was received. */
export type ReceivedRequest = Pick<Request, "body" | "cf" | "headers" | "method">;

/** What is known of a request when its answer begins. */
export interface AnsweredRequest {
  readonly ids: RequestIds;
  readonly raw: ReceivedRequest;
  /** What brought it, if not HTTP: the binding of another Worker. */
  readonly via?: "binding";
  /** AWS's name; undefined when the request named no operation. */
  readonly operation: string | undefined;
  readonly request: S3Request | undefined;
  /** Undefined: the signature did not verify, or was not looked at. */
  readonly caller: Caller | undefined;
  readonly response: Response;
  /** The error code, when the answer is one. */
  readonly code: string | undefined;
  /** Of a read that the cache may answer. */
  readonly edge: EdgeResult | undefined;
  readonly startedMs: number;
  /** Until the answer began, in fractions of a millisecond where the clock has any. */
  readonly durationMs: number;
}

/** How much is logged of a text that a client may make as long as it likes. */
const MAX_CHARACTERS = 256;
const HASH_DIGITS = 16;

/**
 * One structured line per request, when its answer begins. The query is left out: a presigned URL's would be a
 * credential in the log.
 *
 * `bytesIn` and `bytesOut` are what Content-Length announces of the bodies, framing included: what then goes over the
 * wire is known to the runtime only. `bytesIn` is missing when the request announces no length.
 */
export function logRequest(answered: AnsweredRequest, logKeys: Settings["logKeys"]): void {
  const { ids, raw, via, operation, request, caller, response } = answered;
  const { code, edge, startedMs, durationMs } = answered;
  log("log", "request", {
    time: new Date(startedMs).toISOString(),
    requestId: ids.requestId,
    via,
    method: bounded(raw.method),
    operation,
    requester: caller && requesterOf(caller),
    bucket: bounded(request?.bucket),
    ...keyOf(request?.key, logKeys),
    status: response.status,
    code,
    edge,
    bytesIn: raw.body === null ? 0 : announcedBytes(raw.headers),
    bytesOut: raw.method === "HEAD" ? 0 : (announcedBytes(response.headers) ?? 0),
    durationMs: Math.round(durationMs),
    userAgent: bounded(raw.headers.get("user-agent") ?? undefined),
  });
}

/** An ARN; the name of a part of Ledge; or `anonymous`. */
export function requesterOf(caller: Caller): string {
  if (caller.kind === "anonymous") return "anonymous";
  return caller.kind === "service" ? caller.name : caller.arn;
}

/** A hash finds what is logged of a key that one knows, and tells nobody of others. */
function keyOf(key: string | undefined, logKeys: Settings["logKeys"]): object {
  if (key === undefined || logKeys === "none") return {};
  // Not bounded here: a longer key than 1,024 bytes is refused before there is a request.
  return logKeys === "plain" ? { key } : { keyHash: sha256Hex(key).slice(0, HASH_DIGITS) };
}

export function announcedBytes(headers: Headers): number | undefined {
  const length = headers.get("content-length");
  return length === null ? undefined : Number(length);
}

function bounded(text: string | undefined): string | undefined {
  return text === undefined ? undefined : boundedText(text, MAX_CHARACTERS);
}
