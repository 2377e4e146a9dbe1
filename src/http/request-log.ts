import type { Settings } from "../env.ts";
import { boundedText } from "../lib/bounded-text.ts";
import { log } from "../lib/log.ts";
import { receiptOf } from "../lib/receipts.ts";
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
  /** The same from when the last byte of the body was there; undefined: it was not. */
  readonly turnaroundMs: number | undefined;
  /** Bytes of the body that have come; undefined: nobody knows. */
  readonly receivedBytes: number | undefined;
}

/** How much is logged of a text that a client may make as long as it likes. */
const MAX_CHARACTERS = 256;
const HASH_DIGITS = 16;

/**
 * One structured line per request, when its answer begins. The query is left out: a presigned URL's would be a
 * credential in the log.
 *
 * `bytesIn` and `bytesOut` are those that came and went, framing included, as far as that is known ({@link receivedBytesOf}, and `sent-body.ts`).
 */
export function logRequest(
  answered: AnsweredRequest,
  sentBytes: number,
  logKeys: Settings["logKeys"],
): void {
  const { ids, raw, via, operation, request, caller, response } = answered;
  const { code, edge, startedMs, durationMs, turnaroundMs } = answered;
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
    bytesIn: receivedBytesOf(answered),
    bytesOut: sentBytes,
    durationMs: Math.round(durationMs),
    turnaroundMs: turnaroundMs === undefined ? undefined : Math.round(turnaroundMs),
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

/** What has come, or, where only the runtime knows, what Content-Length announces; undefined: it says nothing. */
export function receivedBytesOf({ receivedBytes, raw }: AnsweredRequest): number | undefined {
  return receivedBytes ?? announcedBytes(raw.headers);
}

/** How long the body took to come, and what of it came. @param began by `performance.now()`, as the end is */
export function bodyTimes(
  body: ReceivedRequest["body"],
  began: number,
): Pick<AnsweredRequest, "durationMs" | "receivedBytes" | "turnaroundMs"> {
  const now = performance.now();
  const { bytes, endedMs = body === null ? began : undefined } = receiptOf(body);
  const turnaroundMs =
    endedMs === undefined ? undefined : Math.max(0, now - Math.max(began, endedMs));
  return { durationMs: now - began, turnaroundMs, receivedBytes: bytes };
}

export function announcedBytes(headers: Headers): number | undefined {
  const length = headers.get("content-length");
  return length === null ? undefined : Number(length);
}

function bounded(text: string | undefined): string | undefined {
  return text === undefined ? undefined : boundedText(text, MAX_CHARACTERS);
}
