import { once } from "node:events";
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { text } from "node:stream/consumers";
import { AwsV4Signer } from "aws4fetch";
import type { ServeOptions } from "./arguments.ts";
import { UserError } from "./user-error.ts";

/**
 * Makes the buckets that are to be there from the start, as any client would; those that are there already stay as they
 * are.
 *
 * @param endpoint of the server, which listens
 * @throws UserError with what the server says of a name that it does not take
 */
export async function makeBuckets(
  endpoint: string,
  region: string,
  { buckets, accessKeyId, secretAccessKey }: ServeOptions,
): Promise<void> {
  for (const bucket of buckets) {
    const { url } = await new AwsV4Signer({
      method: "PUT",
      url: `${endpoint}/${encodeURIComponent(bucket)}`,
      signQuery: true,
      service: "s3",
      region,
      accessKeyId,
      secretAccessKey,
    }).sign();
    const { status, body } = await put(String(url));
    if (status === 200 || body.includes("<Code>BucketAlreadyOwnedByYou</Code>")) continue;
    const [, message = `the answer was ${status}`] = /<Message>(.*?)<\/Message>/s.exec(body) ?? [];
    throw new UserError(`--bucket ${bucket} cannot be made: ${message}`);
  }
}

async function put(url: string): Promise<{ readonly status: number; readonly body: string }> {
  const { request } = url.startsWith("https:") ? https : http;
  // The certificate may name none of the server's addresses; it is this process that listens there.
  const sent = request(url, { method: "PUT", agent: false, rejectUnauthorized: false }).end();
  const [response]: IncomingMessage[] = await once(sent, "response");
  if (response === undefined) throw new Error("no response");
  return { status: response.statusCode ?? 0, body: await text(response) };
}
