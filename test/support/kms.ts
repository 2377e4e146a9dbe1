import { env } from "cloudflare:workers";
import { AwsClient } from "aws4fetch";
import { expect } from "vitest";
import type { Keys } from "./accounts.ts";
import { ENDPOINT } from "./client.ts";
import { fetchQuery, ROOT } from "./query-api.ts";

interface KmsOptions {
  readonly keys?: Keys;
  readonly region?: string;
  readonly service?: string;
  readonly bindings?: Cloudflare.Env;
}

/** Sends a body to an action of the KMS API, signed by an independent SigV4 implementation, through the Worker. */
export async function sendKms(
  action: string,
  body: string,
  { keys = ROOT, region = "us-east-1", service = "kms", bindings = env }: KmsOptions = {},
): Promise<Response> {
  const client = new AwsClient({ ...keys, service, region, retries: 0 });
  const request = await client.sign(`${ENDPOINT}/`, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `TrentService.${action}`,
    },
    body,
  });
  request.headers.set("host", new URL(ENDPOINT).host);
  request.headers.set("content-length", String(Buffer.byteLength(body)));
  return fetchQuery(request, bindings);
}

export interface KmsAnswer {
  readonly [member: string]: unknown;
}

/** Sends an action, expects that it works, and answers its document. */
export async function kms(
  action: string,
  input: object = {},
  options: KmsOptions = {},
): Promise<KmsAnswer> {
  const response = await sendKms(action, JSON.stringify(input), options);
  const text = await response.text();
  expect(response.status, `${action}: ${text}`).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/x-amz-json-1.1");
  return text === "" ? {} : (JSON.parse(text) as KmsAnswer);
}

/** Sends an action, expects that it is refused with this code, and answers the message. */
export async function expectRefusedKms(
  code: string,
  action: string,
  input: object,
  options: KmsOptions = {},
): Promise<string> {
  return expectKmsError(await sendKms(action, JSON.stringify(input), options), 400, code);
}

export async function expectKmsError(
  response: Response,
  status: number,
  code: string,
): Promise<string> {
  const text = await response.text();
  expect(response.status, text).toBe(status);
  const { __type: type, message } = JSON.parse(text) as Record<string, string>;
  expect(type, text).toBe(code);
  return message ?? "";
}

export interface KeyMetadata {
  readonly Arn: string;
  readonly KeyId: string;
  readonly [member: string]: unknown;
}

export async function newKmsKey(
  input: object = {},
  options: KmsOptions = {},
): Promise<KeyMetadata> {
  const { KeyMetadata: metadata } = await kms("CreateKey", input, options);
  return metadata as KeyMetadata;
}

export async function describedKey(id: string, options: KmsOptions = {}): Promise<KeyMetadata> {
  const { KeyMetadata: metadata } = await kms("DescribeKey", { KeyId: id }, options);
  return metadata as KeyMetadata;
}
