import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { AwsClient } from "aws4fetch";
import { expect } from "vitest";
import { app } from "../../src/http/app.ts";
import { type Keys, newAccount } from "./accounts.ts";
import { elements, ENDPOINT } from "./client.ts";

export const ROOT: Keys = {
  accessKeyId: env.ROOT_ACCESS_KEY_ID,
  secretAccessKey: env.ROOT_SECRET_ACCESS_KEY,
};

const VERSIONS = { iam: "2010-05-08", sts: "2011-06-15" };

interface QueryOptions {
  readonly keys?: Keys;
  readonly service?: keyof typeof VERSIONS;
  readonly region?: string;
  readonly bindings?: Cloudflare.Env;
}

/** Names and values as they are, to be encoded. */
export type Parameters = Readonly<Record<string, string>>;

/** Sends an action of IAM or STS, signed by an independent SigV4 implementation, through the Worker. */
export async function query(
  action: string,
  parameters: Parameters = {},
  { service = "iam", ...options }: QueryOptions = {},
): Promise<Response> {
  const all = { Action: action, Version: VERSIONS[service], ...parameters };
  const body = new URLSearchParams(all).toString();
  return sendQuery({ body, service, ...options });
}

interface RawQuery extends QueryOptions {
  readonly body: string;
  readonly path?: string;
  readonly headers?: Parameters;
}

export async function sendQuery({
  body,
  path = "/",
  headers = {},
  keys = ROOT,
  service = "iam",
  region = "us-east-1",
  bindings = env,
}: RawQuery): Promise<Response> {
  const client = new AwsClient({ ...keys, service, region, retries: 0 });
  const request = await client.sign(ENDPOINT + path, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8", ...headers },
    body,
  });
  request.headers.set("host", new URL(ENDPOINT).host);
  request.headers.set("content-length", String(Buffer.byteLength(body)));
  return fetchQuery(request, bindings);
}

/** Sends a request as it is. */
export async function fetchQuery(request: Request, bindings = env): Promise<Response> {
  const context = createExecutionContext();
  const response = await app.fetch(request, bindings, context);
  await waitOnExecutionContext(context);
  return response;
}

/** Sends an action, expects that it works, and answers its document. */
export async function queried(
  action: string,
  parameters: Parameters = {},
  options: QueryOptions = {},
): Promise<string> {
  const response = await query(action, parameters, options);
  const document = await response.text();
  expect(response.status, document).toBe(200);
  expect(elements(document, "RequestId")).toEqual([response.headers.get("x-amzn-requestid")]);
  return document;
}

/** Expects IAM's `<ErrorResponse>` with this status and code, and answers its message. */
export async function expectQueryError(
  response: Response,
  status: number,
  code: string,
): Promise<string> {
  const document = await response.text();
  const said = { status: response.status, code: elements(document, "Code")[0] };
  expect(said, document).toEqual({ status, code });
  expect(document).toMatch(/^<ErrorResponse xmlns="https:\/\/(iam|sts)\.amazonaws\.com\/doc\//);
  return (elements(document, "Message")[0] ?? "").replaceAll("&quot;", '"');
}

let made = 0;
/** A name that no other test has. */
export function newName(kind = "name"): string {
  made += 1;
  return `${kind}-${made}-${crypto.randomUUID().slice(0, 8)}`;
}

/** Asks IAM as the root of an account that nothing else works with. */
export interface IamAccount {
  readonly id: string;
  readonly keys: Keys;
  /** {@link queried} */
  readonly ask: (action: string, parameters?: Parameters) => Promise<string>;
  /** Expects that the action is refused, and answers why. */
  readonly refused: (
    action: string,
    parameters: Parameters,
    status: number,
    code: string,
  ) => Promise<string>;
}

export async function newIamAccount(): Promise<IamAccount> {
  const { id, keys } = await newAccount();
  return {
    id,
    keys,
    ask: (action, parameters) => queried(action, parameters, { keys }),
    refused: async (action, parameters, status, code) =>
      expectQueryError(await query(action, parameters, { keys }), status, code),
  };
}

/** The access key in an answer of CreateAccessKey. */
export function keysIn(document: string): Keys {
  const [accessKeyId = ""] = elements(document, "AccessKeyId");
  const [secretAccessKey = ""] = elements(document, "SecretAccessKey");
  return { accessKeyId, secretAccessKey };
}

/** A policy that allows one action on everything. */
export function allowing(action: string, resource = "*"): string {
  const statement = { Effect: "Allow", Action: action, Resource: resource };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}
