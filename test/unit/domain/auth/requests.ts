import { createHash, createHmac } from "node:crypto";
import { AwsV4Signer } from "aws4fetch";
import { authenticate } from "../../../../src/domain/auth/authenticate.ts";
import { rootOf } from "../../../../src/protocol/caller.ts";
import { S3Error } from "../../../../src/protocol/errors.ts";
import type { S3Request } from "../../../../src/protocol/s3-request.ts";

/** The credentials of AWS's own examples. */
export const ACCESS_KEY_ID = "AKIAIOSFODNN7EXAMPLE";
export const SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
export const CALLER = rootOf({
  id: "123456789012",
  canonicalId: "a".repeat(64),
  displayName: "root",
});

export const AMZ_DATE = "20261123T050000Z";
export const NOW_MS = Date.UTC(2026, 10, 23, 5);
export const HOST = "s3.example.com";
export const SCOPE = "20261123/us-east-1/s3/aws4_request";
export const EMPTY_SHA256 = createHash("sha256").digest("hex");

export interface RequestParts {
  readonly method?: string;
  /** As on the request line. */
  readonly target?: string;
  readonly headers?: HeadersInit;
  /** Named by the host. */
  readonly bucket?: string;
  readonly clientAcceptEncoding?: string;
}

/** A request as `http/address.ts` would take it apart. */
export function s3Request(parts: RequestParts = {}): S3Request {
  const { method = "GET", target = "/bucket/key", bucket, clientAcceptEncoding } = parts;
  const headers = new Headers(parts.headers);
  if (!headers.has("host")) headers.set("host", HOST);
  const [rawPath = "", rawQuery = ""] = target.split(/\?(.*)/s);
  const [, pathBucket = "", ...rest] = rawPath.split("/");
  const key = bucket === undefined ? rest.join("/") : rawPath.slice(1);
  return {
    method,
    headers,
    body: null,
    origin: `https://${HOST}`,
    rawPath,
    rawQuery,
    query: new URLSearchParams(rawQuery),
    isVirtualHosted: bucket !== undefined,
    bucket: bucket ?? (pathBucket === "" ? undefined : pathBucket),
    key: key === "" ? undefined : decodeURIComponent(key.replaceAll("+", "%20")),
    keyWithPluses: key.includes("+") ? decodeURIComponent(key) : undefined,
    clientAcceptEncoding,
  };
}

export function authenticated(request: S3Request, nowMs: number = NOW_MS) {
  const find = (accessKeyId: string) =>
    accessKeyId === ACCESS_KEY_ID ? { caller: CALLER, secretAccessKey: SECRET } : undefined;
  return authenticate(request, find, nowMs);
}

/** The S3Error that authentication ends in. */
export function refusal(request: S3Request, nowMs: number = NOW_MS): S3Error {
  return errorOf(() => authenticated(request, nowMs));
}

export function errorOf(act: () => unknown): S3Error {
  try {
    act();
  } catch (error) {
    if (error instanceof S3Error) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

interface Signing extends RequestParts {
  readonly body?: string;
  /** Sign the URL instead of the headers. */
  readonly presign?: boolean;
  readonly region?: string;
  readonly amzDate?: string;
  readonly secret?: string;
  readonly accessKeyId?: string;
}

/** Signed by aws4fetch, which shares no code with ours. */
export async function signed(signing: Signing = {}): Promise<S3Request> {
  const { method = "GET", target = "/bucket/key", headers, body, presign = false } = signing;
  const { accessKeyId = ACCESS_KEY_ID, secret = SECRET } = signing;
  const result = await new AwsV4Signer({
    method,
    url: `https://${HOST}${target}`,
    ...(headers !== undefined && { headers }),
    ...(body !== undefined && { body }),
    accessKeyId,
    secretAccessKey: secret,
    service: "s3",
    region: signing.region ?? "us-east-1",
    datetime: signing.amzDate ?? AMZ_DATE,
    signQuery: presign,
    allHeaders: true,
  }).sign();
  const { href, origin } = result.url;
  return s3Request({
    ...signing,
    method,
    target: href.slice(origin.length),
    headers: result.headers,
  });
}

/** The hex signature of a canonical request that a test wrote out itself. */
export function signCanonical(canonical: string, scope = SCOPE, amzDate = AMZ_DATE): string {
  const hash = createHash("sha256").update(canonical).digest("hex");
  const hmac = (key: string | Buffer, text: string) =>
    createHmac("sha256", key).update(text).digest();
  const key = scope.split("/").reduce<string | Buffer>(hmac, `AWS4${SECRET}`);
  return hmac(key, `AWS4-HMAC-SHA256\n${amzDate}\n${scope}\n${hash}`).toString("hex");
}

export function authorization(signedHeaders: string, signature: string, scope = SCOPE): string {
  return `AWS4-HMAC-SHA256 Credential=${ACCESS_KEY_ID}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
}

interface HandSigned extends RequestParts {
  readonly canonicalPath?: string;
  readonly canonicalQuery?: string;
  /** What the client signed, where that is not what arrives. */
  readonly signedAs?: Readonly<Record<string, string>>;
}

/** A request with an UNSIGNED-PAYLOAD whose canonical path, query and headers a test chooses. */
export function handSigned(parts: HandSigned): S3Request {
  const arriving = new Headers(parts.headers);
  arriving.set("host", HOST);
  arriving.set("x-amz-date", AMZ_DATE);
  arriving.set("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
  const lines = new Map([...arriving, ...Object.entries(parts.signedAs ?? {})]);
  const names = [...lines.keys()].sort();
  const { method = "GET", target = "/bucket/key", canonicalPath = target } = parts;
  const headerLines = names.map((name) => `${name}:${lines.get(name)}\n`).join("");
  const canonical = `${method}\n${canonicalPath}\n${parts.canonicalQuery ?? ""}\n${headerLines}\n${names.join(";")}\nUNSIGNED-PAYLOAD`;
  arriving.set("authorization", authorization(names.join(";"), signCanonical(canonical)));
  return s3Request({ ...parts, headers: arriving });
}
