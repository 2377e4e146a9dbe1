import { createHash } from "node:crypto";
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { AwsClient } from "aws4fetch";
import { expect } from "vitest";
import { app } from "../../src/http/app.ts";
import { ENDPOINT, signedFetch } from "./client.ts";

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

let made = 0;

/** Keys that no other test has. */
export function newKeys(): Keys {
  made += 1;
  const unique = crypto.randomUUID().replaceAll("-", "").toUpperCase();
  return {
    accessKeyId: `AKIA${made}${unique}`.slice(0, 20),
    secretAccessKey: `secret/${unique}`,
  };
}

interface AccountRequest {
  readonly bindings?: Cloudflare.Env;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request that an account's key signs. */
export async function fetchAs(
  keys: Keys,
  method: string,
  path: string,
  { bindings = env, body, headers: others = {} }: AccountRequest = {},
): Promise<Response> {
  const client = new AwsClient({ ...keys, service: "s3", region: "us-east-1", retries: 0 });
  const hash = createHash("sha256")
    .update(body ?? "")
    .digest("hex");
  const headers = { "x-amz-content-sha256": hash, ...others };
  const init = { method, headers, ...(body !== undefined && { body }) };
  const request = await client.sign(ENDPOINT + path, init);
  request.headers.set("host", new URL(ENDPOINT).host);
  if (body !== undefined) request.headers.set("content-length", String(body.length));
  const context = createExecutionContext();
  const response = await app.fetch(request, bindings, context);
  await waitOnExecutionContext(context);
  return response;
}

let ids = 0;
export function newId(): string {
  ids += 1;
  return String(100_000_000_000 + ids + 1000 * Math.floor(Math.random() * 1e8));
}

export async function putAccount(id: string, described: object): Promise<Response> {
  return signedFetch("PUT", `/_ledge/accounts/${id}`, { body: JSON.stringify(described) });
}

/** An account that no other test has, with one key. */
export async function newAccount(
  described: object = {},
  keys: Keys = newKeys(),
): Promise<{ id: string; keys: Keys }> {
  const id = newId();
  const response = await putAccount(id, { rootKeys: [keys], ...described });
  expect(response.status, await response.text()).toBe(204);
  return { id, keys };
}
