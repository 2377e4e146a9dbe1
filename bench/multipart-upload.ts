import { createHash } from "node:crypto";
import type { Api } from "./api.ts";
import type { Call } from "./connection.ts";
import type { Client, Load } from "./load.ts";

/** An upload under way, of parts that are all alike. */
export interface Upload {
  readonly key: string;
  readonly uploadId: string;
  readonly partCount: number;
  /** MD5 of each part as hex. */
  readonly partEtag: string;
}

/** CreateMultipartUpload of `partCount` times the same part. */
export async function beginUpload(
  client: Client,
  api: Api,
  key: string,
  part: Buffer,
  partCount: number,
): Promise<Upload> {
  const created = await client.ask(await api.call("POST", key, { uploads: "" }));
  const [, uploadId] = /<UploadId>(.*)<\/UploadId>/.exec(created) ?? [];
  if (uploadId === undefined) throw new Error(`no upload id in ${created}`);
  return { key, uploadId, partCount, partEtag: createHash("md5").update(part).digest("hex") };
}

/** One UploadPart for each. */
function partCalls({ key, uploadId, partCount }: Upload, api: Api, body: Buffer) {
  return Promise.all(
    numbersTo(partCount).map(async (partNumber): Promise<Call> => {
      const query = { partNumber: String(partNumber), uploadId };
      return { ...(await api.call("PUT", key, query)), body };
    }),
  );
}

export async function completeCall(
  { key, uploadId, partCount, partEtag }: Upload,
  api: Api,
): Promise<Call> {
  const parts = numbersTo(partCount).map(
    (partNumber) => `<Part><PartNumber>${partNumber}</PartNumber><ETag>"${partEtag}"</ETag></Part>`,
  );
  const body = Buffer.from(`<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`);
  return { ...(await api.call("POST", key, { uploadId })), body };
}

/** A whole upload, the parts as many at a time as the client has connections. @returns how the parts went */
export async function putInParts(
  client: Client,
  api: Api,
  key: string,
  part: Buffer,
  partCount: number,
): Promise<Load> {
  const upload = await beginUpload(client, api, key, part, partCount);
  const calls = await partCalls(upload, api, part);
  const completion = await completeCall(upload, api);
  const startMs = performance.now();
  const load = await client.once(calls);
  await complete(client, completion);
  return { ...load, seconds: (performance.now() - startMs) / 1000 };
}

/** @throws Error for one that begins with 200 and ends with an error, as S3 may answer */
export async function complete(client: Client, call: Call): Promise<void> {
  const answer = await client.ask(call);
  if (!answer.includes("<ETag>")) throw new Error(`an upload ended with ${answer}`);
}

export function numbersTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}
