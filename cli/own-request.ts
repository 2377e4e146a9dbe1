import { once } from "node:events";
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { text } from "node:stream/consumers";
import { AwsV4Signer } from "aws4fetch";
import type { ServeOptions } from "./arguments.ts";
import type { Announcement } from "./output.ts";

interface Answer {
  readonly isDone: boolean;
  /** S3's, of a refusal. */
  readonly code: string | undefined;
  readonly message: string;
}

/**
 * Sends a PUT to the server that this process has started, as any client of the root's would.
 *
 * @param path encoded already
 */
export async function putAsRoot(
  { endpoint, region }: Pick<Announcement, "endpoint" | "region">,
  { accessKeyId, secretAccessKey }: Pick<ServeOptions, "accessKeyId" | "secretAccessKey">,
  path: string,
  body?: Uint8Array,
): Promise<Answer> {
  const signed = await new AwsV4Signer({
    method: "PUT",
    url: endpoint + path,
    signQuery: true,
    service: "s3",
    region,
    accessKeyId,
    secretAccessKey,
  }).sign();
  const { status, document } = await put(String(signed.url), body);
  const [, code] = /<Code>(.*?)<\/Code>/s.exec(document) ?? [];
  const [, message = `the answer was ${status}`] =
    /<Message>(.*?)<\/Message>/s.exec(document) ?? [];
  return { isDone: status < 300, code, message };
}

async function put(
  url: string,
  body: Uint8Array = new Uint8Array(),
): Promise<{ readonly status: number; readonly document: string }> {
  const { request } = url.startsWith("https:") ? https : http;
  const headers = { "content-length": body.byteLength };
  // The certificate may name none of the server's addresses; it is this process that listens there.
  const options = { method: "PUT", headers, agent: false, rejectUnauthorized: false };
  const sent = request(url, options).end(body);
  const [response]: IncomingMessage[] = await once(sent, "response");
  if (response === undefined) throw new Error("no response");
  return { status: response.statusCode ?? 0, document: await text(response) };
}
