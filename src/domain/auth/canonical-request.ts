import { sha256Hex } from "../../lib/sha256.ts";
import { recodeQueryPart } from "../../lib/uri.ts";

/** The lines of SigV4's canonical request, each in its canonical form already. */
export interface CanonicalRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** `name:value\n` for each signed header. */
  readonly headerLines: string;
  /** As the client lists them: `host;x-amz-date`. */
  readonly signedHeaders: string;
  /** `x-amz-content-sha256` or what stands for it. */
  readonly payloadHash: string;
}

/** Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
export function canonicalRequest(request: CanonicalRequest): string {
  const { method, path, query, headerLines, signedHeaders, payloadHash } = request;
  return `${method}\n${path}\n${query}\n${headerLines}\n${signedHeaders}\n${payloadHash}`;
}

/**
 * Every name and value encoded anew, sorted by name, then value; a name without `=` gets one.
 *
 * A literal `+` counts as a space, since that is how the parameter is read: to let it be signed as `%2B` as well would
 * let whoever holds a presigned URL turn a plus of its parameters into a space.
 *
 * @param omitted the name of the parameter that cannot be signed, because it is the signature
 */
export function canonicalQuery(rawQuery: string, omitted?: string): string {
  return queryInOrder(rawQuery, omitted, ([a, x], [b, y]) =>
    a === b ? compare(x, y) : compare(a, b),
  );
}

/**
 * The same, but that values of one name stay in their order: so do minio-go and `mc watch` sign it, and so MinIO verifies it
 * (seen 2026-11 with mc of 2025-04).
 */
export function queryByName(rawQuery: string, omitted?: string): string {
  return queryInOrder(rawQuery, omitted, ([a], [b]) => compare(a, b));
}

type Parameter = readonly [name: string, value: string];

function queryInOrder(
  rawQuery: string,
  omitted: string | undefined,
  order: (one: Parameter, other: Parameter) => number,
): string {
  if (rawQuery === "") return "";
  const parameters: Parameter[] = [];
  for (const parameter of rawQuery.split("&")) {
    if (parameter === "") continue;
    const equals = parameter.indexOf("=");
    const name = recodeQueryPart(equals < 0 ? parameter : parameter.slice(0, equals));
    if (name === omitted) continue;
    parameters.push([name, equals < 0 ? "" : recodeQueryPart(parameter.slice(equals + 1))]);
  }
  // All ASCII by now, so that JavaScript's order is that of the bytes.
  if (parameters.length > 1) parameters.sort(order);
  return parameters.map(([name, value]) => `${name}=${value}`).join("&");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Trimmed, and each run of blanks one space, inside quotes too. */
export function canonicalHeaderValue(value: string): string {
  return /^\s|\s$|\s\s|\t/.test(value) ? value.trim().replace(/\s+/g, " ") : value;
}

/** @param amzDate `20261123T050000Z` */
export function stringToSign(amzDate: string, scope: string, canonical: string): string {
  return `AWS4-HMAC-SHA256\n${amzDate}\n${scope}\n${sha256Hex(canonical)}`;
}
