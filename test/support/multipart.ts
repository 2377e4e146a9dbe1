import { createHash } from "node:crypto";
import { expect } from "vitest";
import { elements, encodeKey, signedFetch } from "./client.ts";

/** The least that any part but the last may have. */
export const PART_BYTES = 5 * 1024 * 1024;

type Headers = Readonly<Record<string, string>>;

/** What a completion says of a part. */
export interface Part {
  readonly partNumber: number;
  /** Quoted, as it was answered. */
  readonly etag: string;
  /** e.g. `["ChecksumCRC32", "AAAAAA=="]` */
  readonly checksum?: readonly [element: string, value: string];
}

export function bytesOf(sizeBytes: number, value: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(sizeBytes).fill(value);
}

export async function createUpload(
  bucket: string,
  key: string,
  headers: Headers = {},
): Promise<string> {
  const response = await signedFetch("POST", `/${bucket}/${encodeKey(key)}`, {
    query: { uploads: "" },
    headers,
  });
  const document = await response.text();
  expect(response.status, document).toBe(200);
  return elements(document, "UploadId")[0] ?? "";
}

export async function uploadPart(
  bucket: string,
  key: string,
  query: { readonly uploadId: string; readonly partNumber: string },
  body: string | Uint8Array<ArrayBuffer>,
  headers: Headers = {},
): Promise<Response> {
  return signedFetch("PUT", `/${bucket}/${encodeKey(key)}`, { query, body, headers });
}

/** Uploads a part and expects that to work. */
export async function putPart(
  bucket: string,
  key: string,
  uploadId: string,
  partNumber: number,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Headers = {},
): Promise<Part> {
  const query = { uploadId, partNumber: String(partNumber) };
  const response = await uploadPart(bucket, key, query, body, headers);
  expect(response.status, await response.clone().text()).toBe(200);
  return { partNumber, etag: response.headers.get("etag") ?? "" };
}

/** A completion as SDKs write it, namespace and escaped quotes included. */
export function completionOf(parts: readonly Part[]): string {
  const listed = parts.map(({ partNumber, etag, checksum }) => {
    const element = checksum === undefined ? "" : `<${checksum[0]}>${checksum[1]}</${checksum[0]}>`;
    return `<Part><ETag>${etag.replaceAll('"', "&quot;")}</ETag>${element}<PartNumber>${partNumber}</PartNumber></Part>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?><CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${listed.join("")}</CompleteMultipartUpload>`;
}

export async function complete(
  bucket: string,
  key: string,
  uploadId: string,
  parts: readonly Part[] | string,
  headers: Headers = {},
): Promise<Response> {
  const body = typeof parts === "string" ? parts : completionOf(parts);
  return signedFetch("POST", `/${bucket}/${encodeKey(key)}`, {
    query: { uploadId },
    body,
    headers,
  });
}

/** Completes an upload, expects that to work, and answers the result's document. */
export async function completed(
  ...given: Parameters<typeof complete>
): ReturnType<Response["text"]> {
  const response = await complete(...given);
  const document = await response.text();
  expect(response.status, document).toBe(200);
  return document;
}

export async function listParts(
  bucket: string,
  key: string,
  uploadId: string,
  query: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return signedFetch("GET", `/${bucket}/${encodeKey(key)}`, { query: { uploadId, ...query } });
}

export async function abort(
  bucket: string,
  key: string,
  uploadId: string,
  headers: Headers = {},
): Promise<Response> {
  return signedFetch("DELETE", `/${bucket}/${encodeKey(key)}`, { query: { uploadId }, headers });
}

/** The ETag of the object that these bodies make, quoted: `"<md5 of the md5s>-N"`. */
export function multipartEtagOf(bodies: readonly (string | Uint8Array)[]): string {
  const all = createHash("md5");
  for (const body of bodies) all.update(createHash("md5").update(body).digest());
  return `"${all.digest("hex")}-${bodies.length}"`;
}
