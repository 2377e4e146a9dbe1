import { createHash } from "node:crypto";
import { AwsClient } from "aws4fetch";
import { env, exports } from "cloudflare:workers";
import { expect } from "vitest";

export { elements } from "./elements.ts";

/** Where the tests' requests pretend to go; only the host name matters. */
export const ENDPOINT = "http://127.0.0.1:8787";

function signerFor(region: string): AwsClient {
  return new AwsClient({
    accessKeyId: env.ROOT_ACCESS_KEY_ID,
    secretAccessKey: env.ROOT_SECRET_ACCESS_KEY,
    service: "s3",
    region,
    retries: 0,
  });
}

const signer = signerFor("us-east-1");

interface SignedRequest {
  /** The region of the credential scope, unless it is us-east-1. */
  readonly region?: string;
  /** Scheme and host, unless they are {@link ENDPOINT}: for virtual-hosted style. */
  readonly endpoint?: string;
  /** Names and values as they are, to be encoded. */
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer> | ReadableStream;
}

/** Sends one request, signed by an independent SigV4 implementation, through the Worker. `path` is encoded already. */
export async function signedFetch(
  method: string,
  path: string,
  init: SignedRequest = {},
): Promise<Response> {
  return exports.default.fetch(await signRequest(method, path, init));
}

export async function signRequest(
  method: string,
  path: string,
  { region, endpoint = ENDPOINT, query = {}, headers = {}, body }: SignedRequest = {},
): Promise<Request> {
  const search = Object.entries(query)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join("&");
  const request = await (region === undefined ? signer : signerFor(region)).sign(
    `${endpoint}${path}${search === "" ? "" : `?${search}`}`,
    {
      method,
      headers: { "x-amz-content-sha256": sha256Hex(body), ...headers },
      ...(body !== undefined && { body }),
    },
  );
  // A Request that is made has neither of these; one that arrives has.
  request.headers.set("host", new URL(endpoint).host);
  if (body !== undefined && !(body instanceof ReadableStream))
    request.headers.set("content-length", String(Buffer.byteLength(body)));
  return request;
}

function sha256Hex(body: SignedRequest["body"] = ""): string {
  if (body instanceof ReadableStream) return "UNSIGNED-PAYLOAD";
  return createHash("sha256").update(body).digest("hex");
}

/** Sends a request as it is, unsigned or signed by the test. */
export function rawFetch(url: string, init: RequestInit = {}): Promise<Response> {
  return exports.default.fetch(new Request(url, init));
}

let buckets = 0;

/** Makes a bucket that no other test has. */
export async function uniqueBucket(): Promise<string> {
  buckets += 1;
  const name = `bucket-${buckets}-${crypto.randomUUID().slice(0, 8)}`;
  const response = await signedFetch("PUT", `/${name}`);
  expect(response.status).toBe(200);
  return name;
}

/** Puts an object and expects that to work. */
export async function putObject(
  bucket: string,
  key: string,
  body: string | Uint8Array<ArrayBuffer> = "",
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const response = await signedFetch("PUT", `/${bucket}/${encodeKey(key)}`, { body, headers });
  expect(response.status, await response.clone().text()).toBe(200);
  return response;
}

/** A key as it stands in a path. */
export function encodeKey(key: string): string {
  return encodeURIComponent(key).replaceAll("%2F", "/");
}

/** Expects S3's `<Error>` document with this status and code, and answers its text. */
export async function expectError(
  response: Response,
  status: number,
  code: string,
): Promise<string> {
  const document = await response.text();
  expect(
    { status: response.status, code: /<Code>(.*?)<\/Code>/.exec(document)?.[1] },
    document,
  ).toEqual({
    status,
    code,
  });
  return document;
}
