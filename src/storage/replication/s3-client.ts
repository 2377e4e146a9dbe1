import { AwsV4Signer } from "aws4fetch";
import { boundedText } from "../../lib/bounded-text.ts";
import { recodePath, recodeQueryPart } from "../../lib/uri.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { ReplicationTarget } from "../../protocol/replication/replication-targets.ts";

/** For a request without what its body takes. */
const TIMEOUT_MS = 60_000;
/** A server that takes a body more slowly has stopped: what waits for it for ever would hold up all that goes there. */
const SLOWEST_BYTES_PER_MS = 128;
const MOST_ANSWER_BYTES = 256 * 1024;
const MOST_REASON_LENGTH = 300;

export interface S3ClientRequest {
  readonly method: "DELETE" | "GET" | "HEAD" | "POST" | "PUT";
  /** Empty: it is about the bucket. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: SentBody | undefined;
}

/** A stream breaks off if it has not as many bytes. */
export interface SentBody {
  readonly bytes: ReadableStream<Uint8Array> | Uint8Array;
  readonly length: number;
}

export interface S3ClientAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Another server has refused something, or has failed. */
export class TargetError extends Error {
  readonly status: number;
  /** Undefined: it has not said any, as of HEAD. */
  readonly code: string | undefined;

  constructor({ status, text }: S3ClientAnswer) {
    const code = text.match(/<Code>([\w.]{1,64})<\/Code>/)?.[1];
    super(boundedText(`answered ${status} ${code ?? text}`.trimEnd(), MOST_REASON_LENGTH));
    this.status = status;
    this.code = code;
  }
}

/**
 * Sends a request to another S3 server, signed by SigV4. Redirects are not followed, and no header goes along that is not given here.
 *
 * @throws S3Error InvalidArgument for a key that no URL can name, as `a/../b`; Error when the server does not answer
 */
export async function sendToS3(
  target: ReplicationTarget,
  { method, key, query = {}, headers = {}, body }: S3ClientRequest,
): Promise<S3ClientAnswer> {
  const path = key === "" ? `/${target.bucket}` : `/${target.bucket}/${encodedKey(key)}`;
  const search = Object.entries(query).map(([name, value]) => `${name}=${encodedPart(value)}`);
  const url = `${target.endpoint}${path}${search.length > 0 ? `?${search.join("&")}` : ""}`;
  const { credentials, region } = target;
  const signer = new AwsV4Signer({ ...credentials, method, url, headers, service: "s3", region });
  const signed = await signer.sign();
  const sent = Object.fromEntries(signed.headers as unknown as Iterable<[string, string]>);
  if (body !== undefined) sent["content-length"] = String(body.length);
  const init = {
    method,
    headers: sent,
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS + Math.ceil((body?.length ?? 0) / SLOWEST_BYTES_PER_MS)),
    // Node wants to be told that it may send before it is answered.
    ...(body !== undefined && { body: body.bytes as BodyInit, duplex: "half" }),
  } as const;
  const response = await fetch(String(signed.url), init);
  const text = method === "HEAD" ? "" : await readBounded(response);
  return { status: response.status, headers: response.headers, text };
}

/** The same. @throws TargetError unless the answer is one of 200 to 299 */
export async function demandOfS3(
  target: ReplicationTarget,
  request: S3ClientRequest,
): Promise<S3ClientAnswer> {
  const answer = await sendToS3(target, request);
  // CompleteMultipartUpload may fail with 200.
  const isError = answer.status >= 300 || answer.text.includes("<Error>");
  if (isError) throw new TargetError(answer);
  return answer;
}

/** URLs resolve parts that are dots, however they are encoded. */
function encodedKey(key: string): string {
  if (key.split("/").some((part) => part === "." || part === ".."))
    throw new S3Error("InvalidArgument", { message: "The key cannot be named in a URL" });
  return recodePath(key.toWellFormed().replaceAll("%", "%25"));
}

function encodedPart(text: string): string {
  return recodeQueryPart(text.replaceAll("%", "%25").replaceAll("+", "%2B"));
}

async function readBounded({ body }: Response): Promise<string> {
  if (body === null) return "";
  const pieces: Uint8Array[] = [];
  let left = MOST_ANSWER_BYTES;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(pieces).toString();
    pieces.push(value);
    left -= value.byteLength;
    if (left >= 0) continue;
    await reader.cancel();
    throw new Error("the target answers too much");
  }
}
