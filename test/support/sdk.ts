import { Readable } from "node:stream";
import { CreateBucketCommand, S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { AwsClient } from "aws4fetch";
import { expect } from "vitest";
import type { LedgeProcess } from "./ledge-process.ts";

/** Where a server is, and who may use it. */
interface Server extends Pick<LedgeProcess, "endpoint"> {
  readonly credentials: LedgeProcess["credentials"] & { readonly sessionToken?: string };
}

/** The AWS SDK as its users have it, checksums on; but a failure is seen, not repeated. */
export function sdkClient(ledge: Server, overrides: S3ClientConfig = {}): S3Client {
  const { endpoint, credentials } = ledge;
  return new S3Client({
    endpoint,
    credentials,
    region: "us-east-1",
    forcePathStyle: true,
    maxAttempts: 1,
    ...overrides,
  });
}

/** A second signer, for what the SDK cannot send. */
export function rawSigner({ credentials }: Server): AwsClient {
  return new AwsClient({ ...credentials, service: "s3", region: "us-east-1", retries: 0 });
}

/** A URL that carries its signature, good for an hour. `path` is encoded already. */
export async function presign(
  ledge: Server,
  method: string,
  path: string,
  query: Readonly<Record<string, string>> = {},
): Promise<string> {
  const url = new URL(`${ledge.endpoint}${path}`);
  url.search = new URLSearchParams({ "X-Amz-Expires": "3600", ...query }).toString();
  const request = await rawSigner(ledge).sign(url, { method, aws: { signQuery: true } });
  return request.url;
}

export function uniqueName(): string {
  return `bucket-${crypto.randomUUID().slice(0, 13)}`;
}

/** Makes a bucket that no other test has. */
export async function uniqueBucket(s3: S3Client, Bucket = uniqueName()): Promise<string> {
  await s3.send(new CreateBucketCommand({ Bucket }));
  return Bucket;
}

/** Expects the SDK to reject with the exception of this name and status. */
export async function expectSdkError(
  answer: Promise<unknown>,
  status: number,
  name: string,
): Promise<void> {
  await expect(answer).rejects.toMatchObject({ name, $metadata: { httpStatusCode: status } });
}

/** In pieces that fit neither the buffers nor the chunks of anyone. */
export function streamOf(bytes: Buffer): Readable {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 10_007) pieces.push(bytes.subarray(at, at + 10_007));
  return Readable.from(pieces);
}
