import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { shardOfKey } from "../../src/storage/wire/slots.ts";
import { elements, encodeKey, signedFetch } from "./client.ts";
import type { Part } from "./multipart.ts";

type Headers = Readonly<Record<string, string>>;

const SHARDS = Number(env.INDEX_SHARDS);

/** Asks for a copy; `source` is `x-amz-copy-source` as it is sent, `target` is bucket and key. */
export function copy(source: string, target: string, headers: Headers = {}): Promise<Response> {
  return signedFetch("PUT", `/${encodeKey(target)}`, {
    headers: { "x-amz-copy-source": source, ...headers },
  });
}

/** Copies, expects that to work, and answers the result's document. */
export async function copied(...given: Parameters<typeof copy>): ReturnType<Response["text"]> {
  const response = await copy(...given);
  const document = await response.text();
  expect(response.status, document).toBe(200);
  return document;
}

/** The object's bytes as text. */
export async function readObject(path: string): Promise<string> {
  const response = await signedFetch("GET", `/${encodeKey(path)}`);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer()).toString();
}

/** Asks for a copy of a part. */
export function copyPart(
  source: string,
  target: string,
  query: { readonly uploadId: string; readonly partNumber: string },
  headers: Headers = {},
): Promise<Response> {
  return signedFetch("PUT", `/${encodeKey(target)}`, {
    query,
    headers: { "x-amz-copy-source": source, ...headers },
  });
}

interface CopiedPart extends Part {
  readonly document: string;
}

/** Copies a part and expects that to work. */
export async function copiedPart(
  source: string,
  target: string,
  uploadId: string,
  partNumber: number,
  headers: Headers = {},
): Promise<CopiedPart> {
  const query = { uploadId, partNumber: String(partNumber) };
  const response = await copyPart(source, target, query, headers);
  const document = await response.text();
  expect(response.status, document).toBe(200);
  expect(document).toContain("<CopyPartResult xmlns=");
  const etag = (elements(document, "ETag")[0] ?? "").replaceAll("&quot;", '"');
  return { partNumber, etag, document };
}

/** `x-amz-copy-source-range`. */
export function rangeOf(first: number, last: number): Headers {
  return { "x-amz-copy-source-range": `bytes=${first}-${last}` };
}

/** The `nth` key that lives in the same shard of a bucket as another one does. */
export function neighbourOf(key: string, nth = 0): string {
  return keyWhere((shard) => shard === shardOfKey(key, SHARDS), nth);
}

/** A key that lives in another shard; with one shard there is none. */
export function strangerTo(key: string): string {
  return keyWhere((shard) => SHARDS === 1 || shard !== shardOfKey(key, SHARDS), 0);
}

function keyWhere(isWanted: (shard: number) => boolean, nth: number): string {
  let found = 0;
  for (let i = 0; ; i += 1) {
    const key = `key ${i}`;
    if (!isWanted(shardOfKey(key, SHARDS))) continue;
    if (found === nth) return key;
    found += 1;
  }
}
