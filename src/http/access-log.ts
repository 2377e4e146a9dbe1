import type { AccessNotes } from "../domain/access-log/access-notes.ts";
import { connectionOf } from "../domain/access/connection.ts";
import type { Ports } from "../domain/ports.ts";
import { logNameOf } from "../operations/log-names.ts";
import type { LogDestination } from "../protocol/access-log/log-destination.ts";
import type { AccessLogRecord } from "../protocol/access-log/log-line.ts";
import { type Caller, isSigned } from "../protocol/caller.ts";
import type { S3Request } from "../protocol/s3-request.ts";
import type { BucketRecord } from "../storage/ports/bucket-directory.ts";
import type { Waiter } from "../lib/waiter.ts";
import type { AnsweredRequest } from "./request-log.ts";

/** A request that is about to be answered. */
export interface Answered extends AnsweredRequest {
  readonly request: S3Request;
  readonly isWebsite: boolean;
}

/** Writes the lines of a request once its answer is sent. */
export type AccessLogLines = (bytesSent: number, sendingMs: number) => void;

/**
 * What writes a line of the access log when the answer's last byte has gone or its client has, if its bucket is logged. One that is
 * not pays for one look at what is remembered of it. A bucket that this isolate does not remember has had no request of its own yet: one
 * that is refused before its bucket is looked at has no line then.
 *
 * @returns undefined: there is none to be written
 */
export function accessLogLines(
  answered: Answered,
  ports: Ports,
  waiter: Waiter,
): AccessLogLines | undefined {
  const { request } = answered;
  const { buckets, notes, accessLog } = ports;
  const bucket = request.bucket === undefined ? undefined : buckets.remembered(request.bucket);
  const destination = bucket?.shard.flags.logging;
  if (destination === undefined && notes.also === undefined) return undefined;
  return (bytesSent, sendingMs) => {
    const common = commonFields(answered, answered.durationMs + sendingMs);
    const add = (to: LogDestination, of: BucketRecord, told: Partial<AccessLogRecord>): void => {
      const { name, ownerId } = of;
      const record = { ...common, bucket: name, ownerId, ...told } as AccessLogRecord;
      accessLog.add(to, record, ports, waiter);
    };
    if (destination !== undefined && bucket !== undefined)
      add(destination, bucket, ownFields(answered, notes, bytesSent));
    for (const { bucket: other, destination: to, told } of notes.also ?? []) add(to, other, told);
  };
}

/** What all lines of a request say. */
function commonFields(
  { ids, raw, request, caller, startedMs }: Answered,
  totalMs: number,
): Omit<AccessLogRecord, "bucket" | "operation" | "ownerId"> {
  const { headers } = raw;
  const { address, tlsVersion } = connectionOf(request);
  const { tlsCipher, httpProtocol = "HTTP/1.1" } = (raw.cf ?? {}) as Partial<
    Record<"httpProtocol" | "tlsCipher", string>
  >;
  return {
    timeMs: startedMs,
    remoteIp: address,
    requester: requesterOf(caller),
    requestId: ids.requestId,
    requestUri: `${raw.method} ${targetOf(request)} ${httpProtocol}`,
    totalMs,
    referer: withoutSecrets(headers.get("referer") ?? ""),
    userAgent: headers.get("user-agent") ?? undefined,
    hostId: ids.hostId,
    ...signatureOf(request, caller),
    cipherSuite: tlsCipher,
    host: headers.get("host") ?? undefined,
    tlsVersion: tlsVersion === undefined ? undefined : `TLSv${tlsVersion}`,
  };
}

function ownFields(
  { request, response, code, isWebsite, turnaroundMs }: Answered,
  { gate, objectSizeBytes }: AccessNotes,
  bytesSent: number,
): Partial<AccessLogRecord> {
  const name = logNameOf(request);
  return {
    operation: isWebsite ? name.replace("REST.", "WEBSITE.") : name,
    key: request.key,
    status: response.status,
    errorCode: code,
    bytesSent,
    objectSizeBytes: objectSizeBytes ?? sizeOfObject(name, request, response),
    turnaroundMs,
    versionId: request.query.get("versionId") ?? undefined,
    isAclRequired: gate?.isAclRequired,
  };
}

/** The object's of a read, by what the answer says; of an upload, by what the request says. */
function sizeOfObject(
  name: string,
  { headers }: S3Request,
  response: Response,
): number | undefined {
  if (!response.ok) return undefined;
  if (name === "REST.PUT.OBJECT" || name === "REST.PUT.PART") {
    const length = headers.get("x-amz-decoded-content-length") ?? headers.get("content-length");
    return length === null ? undefined : Number(length);
  }
  if (name !== "REST.GET.OBJECT" && name !== "REST.HEAD.OBJECT") return undefined;
  const range = response.headers.get("content-range");
  const length = range?.slice(range.lastIndexOf("/") + 1) ?? response.headers.get("content-length");
  return length === null || !/^\d+$/.test(length) ? undefined : Number(length);
}

/** Of root, the account's canonical id; of anybody else, the ARN. */
function requesterOf(caller: Caller | undefined): string | undefined {
  if (caller === undefined || !isSigned(caller)) return undefined;
  return caller.kind === "root" ? caller.account.canonicalId : caller.arn;
}

type SignatureFields = Pick<AccessLogRecord, "authenticationType" | "signatureVersion">;

/** Of an anonymous request none; of one that is refused for its signature, that. */
function signatureOf({ headers, query }: S3Request, caller: Caller | undefined): SignatureFields {
  if (caller?.kind === "anonymous") return {};
  if (query.has("X-Amz-Signature"))
    return { signatureVersion: "SigV4", authenticationType: "QueryString" };
  if (query.has("Signature"))
    return { signatureVersion: "SigV2", authenticationType: "QueryString" };
  const authorization = headers.get("authorization");
  if (authorization === null) return {};
  const signatureVersion = authorization.startsWith("AWS4-") ? "SigV4" : "SigV2";
  return { signatureVersion, authenticationType: "AuthHeader" };
}

/** What lets in whoever has it, as long as a presigned URL holds; in small letters. */
const SECRETS = new Set(["x-amz-signature", "x-amz-security-token", "signature"]);

/** A URL without what nobody else may know, however its name is encoded. */
function withoutSecrets(url: string): string {
  return url.replaceAll(/([?&])([^=&]{1,256})=[^&#]*/g, (whole, sign: string, name: string) =>
    SECRETS.has(decoded(name).toLowerCase()) ? `${sign}${name}=REDACTED` : whole,
  );
}

function decoded(name: string): string {
  return new URLSearchParams(`${name}=`).keys().next().value ?? "";
}

/** As on the request line, without the signature of a presigned URL: whoever may read the log may not do what it allows. */
function targetOf({ rawPath, rawQuery }: S3Request): string {
  return rawQuery === "" ? rawPath : rawPath + withoutSecrets(`?${rawQuery}`);
}
