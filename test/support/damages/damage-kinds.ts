import { randomBytes } from "node:crypto";
import type { Ledge } from "../../../cli/testing.ts";
import type { SignedRequests } from "../../../cli/maintenance/signed-requests.ts";
import type { DataFolderFiles } from "../damage.ts";

export const LARGE = randomBytes(100_000);
export const BUCKET = "/damaged";
export const OTHER = "/other";

export interface Damage {
  /** What is done, and to which key of its own. */
  readonly of: string;
  readonly make?: (requests: SignedRequests, key: string, ledge: Ledge) => Promise<unknown>;
  readonly damage: (files: DataFolderFiles, key: string) => void;
  /** `<check> <what the subject has in it>`, which may be learnt before the damage is done. */
  readonly found: (files: DataFolderFiles, key: string) => readonly string[];
  readonly isMended: boolean;
}

export const putLarge = async (requests: SignedRequests, key: string): Promise<void> => {
  await requests.done("PUT", `${BUCKET}/${key}`, { body: LARGE });
};

/** In another bucket, and so in another shard: by a hold. */
export const putCopied = async (requests: SignedRequests, key: string): Promise<void> => {
  await putLarge(requests, key);
  await requests.done("PUT", `${OTHER}/copy-of-${key}`, {
    headers: { "x-amz-copy-source": `${BUCKET}/${key}` },
  });
};

/** A key that is in the shard of those that have no object. */
export const BESIDE = "body-orphaned";

export const beginUpload = async (requests: SignedRequests, key: string): Promise<string> => {
  const begun = await requests.send("POST", `${BUCKET}/${key}`, { query: { uploads: "" } });
  const chunks = (await begun.toArray()) as Buffer[];
  return /<UploadId>(.*?)<\/UploadId>/.exec(Buffer.concat(chunks).toString())?.[1] ?? "";
};

export const putParts = async (requests: SignedRequests, key: string): Promise<void> => {
  const target = `${BUCKET}/${key}`;
  const uploadId = await beginUpload(requests, key);
  const { headers } = await requests.done("PUT", target, {
    query: { partNumber: "1", uploadId },
    body: LARGE,
  });
  const part = `<Part><PartNumber>1</PartNumber><ETag>${headers.etag}</ETag></Part>`;
  const body = Buffer.from(`<CompleteMultipartUpload>${part}</CompleteMultipartUpload>`);
  await requests.done("POST", target, { query: { uploadId }, body });
};

export const subject = (files: DataFolderFiles, key: string): string =>
  JSON.stringify([key, files.sequenceOf(key)]);
