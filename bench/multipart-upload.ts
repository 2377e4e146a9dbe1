import { createHash } from "node:crypto";
import type { Call, Client } from "./load.ts";
import { type RawSigner, UNSIGNED_PAYLOAD } from "../test/support/raw-signer.ts";

/** An upload under way, of parts that are all alike. */
export interface Upload {
  readonly path: string;
  readonly uploadId: string;
  readonly partCount: number;
  /** MD5 of each part as hex. */
  readonly partEtag: string;
}

/** CreateMultipartUpload of `partCount` times the same part. */
export async function beginUpload(
  client: Client,
  signer: RawSigner,
  path: string,
  part: Buffer,
  partCount: number,
): Promise<Upload> {
  const created = await client.ask({
    method: "POST",
    path: await signer.presign("POST", path, { uploads: "" }),
  });
  const [, uploadId] = /<UploadId>(.*)<\/UploadId>/.exec(created) ?? [];
  if (uploadId === undefined) throw new Error(`no upload id in ${created}`);
  return { path, uploadId, partCount, partEtag: createHash("md5").update(part).digest("hex") };
}

/** One UploadPart for each. */
export function partCalls({ path, uploadId, partCount }: Upload, signer: RawSigner, body: Buffer) {
  return forEachNumber(partCount, async (partNumber) => {
    const query = { partNumber: String(partNumber), uploadId };
    return { method: "PUT", path: await signer.presign("PUT", path, query), body };
  });
}

/** One UploadPartCopy for each, of a source that is the part. */
export function copyCalls(
  { path, uploadId, partCount }: Upload,
  signer: RawSigner,
  source: string,
) {
  return forEachNumber(partCount, async (partNumber) => {
    const target = `${path}?partNumber=${partNumber}&uploadId=${encodeURIComponent(uploadId)}`;
    const headers = await signer.sign("PUT", target, UNSIGNED_PAYLOAD, {
      "x-amz-copy-source": source,
    });
    return { method: "PUT", path: target, headers };
  });
}

export async function completeCall(
  { path, uploadId, partCount, partEtag }: Upload,
  signer: RawSigner,
): Promise<Call> {
  const parts = numbersTo(partCount).map(
    (partNumber) => `<Part><PartNumber>${partNumber}</PartNumber><ETag>"${partEtag}"</ETag></Part>`,
  );
  const body = Buffer.from(`<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`);
  return { method: "POST", path: await signer.presign("POST", path, { uploadId }), body };
}

/** A whole upload, the parts as many at a time as the client has connections. */
export async function putInParts(
  client: Client,
  signer: RawSigner,
  path: string,
  part: Buffer,
  partCount: number,
): Promise<void> {
  const upload = await beginUpload(client, signer, path, part, partCount);
  await client.once(await partCalls(upload, signer, part));
  await complete(client, await completeCall(upload, signer));
}

/** @throws Error for one that begins with 200 and ends with an error, as S3 may answer */
export async function complete(client: Client, call: Call): Promise<void> {
  const answer = await client.ask(call);
  if (!answer.includes("<ETag>")) throw new Error(`an upload ended with ${answer}`);
}

function forEachNumber(
  count: number,
  callOf: (partNumber: number) => Promise<Call>,
): Promise<readonly Call[]> {
  return Promise.all(numbersTo(count).map(callOf));
}

function numbersTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}
