import { putPolicy } from "./bucket-policy.ts";
import { ENDPOINT, signedFetch, uniqueBucket } from "./client.ts";
import { expectOk } from "./documents.ts";

/** What everybody may do with a public bucket, as nearly every one has it. */
export const READABLE = { Action: "s3:GetObject", on: ["*"] };
export const LISTABLE = { Action: "s3:ListBucket", on: [""] };

export function edgeFetch(
  method: string,
  bucket: string,
  body?: string,
  subject = "edge",
): Promise<Response> {
  const path = `/_ledge/buckets/${bucket}/${subject}`;
  return signedFetch(method, path, body === undefined ? {} : { body });
}

export async function putEdge(bucket: string, maxAgeSeconds: number): Promise<void> {
  const body = JSON.stringify({ mode: "public", maxAgeSeconds });
  await expectOk(edgeFetch("PUT", bucket, body), 204);
}

export async function purge(bucket: string): Promise<void> {
  await expectOk(edgeFetch("POST", bucket, undefined, "purge"), 204);
}

/** A bucket that everybody may read, and list, through the cache. */
export async function publicBucket(maxAgeSeconds: number): Promise<string> {
  const bucket = await uniqueBucket();
  await putPolicy(bucket, READABLE, LISTABLE);
  await putEdge(bucket, maxAgeSeconds);
  return bucket;
}

/** Nobody signs it. @param path `/bucket/key`, encoded */
export function publicRequest(path: string, init: RequestInit = {}): Request {
  const request = new Request(`${ENDPOINT}${path}`, init);
  request.headers.set("host", new URL(ENDPOINT).host);
  return request;
}

/** Of new objects: `ObjectWriter`, or `BucketOwnerEnforced`. */
export async function putOwnership(bucket: string, ownership: string): Promise<void> {
  const rule = `<Rule><ObjectOwnership>${ownership}</ObjectOwnership></Rule>`;
  const body = `<OwnershipControls>${rule}</OwnershipControls>`;
  await expectOk(signedFetch("PUT", `/${bucket}`, { query: { ownershipControls: "" }, body }));
}
