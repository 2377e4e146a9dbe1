import { MAX_PART_BYTES } from "../../protocol/limits.ts";
import { S3Error } from "../../protocol/errors.ts";
import { quoteEtag } from "../../protocol/etag.ts";
import { parseXml } from "../../lib/xml-reader.ts";
import type { StoredObject } from "../../protocol/object-record.ts";
import type { ByteRange } from "../../protocol/range.ts";
import type { ReplicationTarget } from "../../protocol/replication/replication-targets.ts";
import {
  demandOfS3,
  type S3ClientRequest,
  type SentBody,
  sendToS3,
  TargetError,
} from "../../storage/replication/s3-client.ts";
import type { ObjectKey } from "../encryption/object-key.ts";
import { type ContentStores, openContent } from "../open-content.ts";

/** AWS's least size of a part, but for the last. */
const MIN_PART_BYTES = 5 * 1024 * 1024;
const PAGE_LENGTH = 1000;

export interface SentObject {
  readonly record: StoredObject;
  readonly objectKey: ObjectKey | undefined;
}

type Headers = Readonly<Record<string, string>>;

/** What goes along with it. */
export interface SentHeaders {
  /** Of the request that makes the object, or begins to. */
  readonly own: Headers;
  /** What a request that ends an upload says, too. */
  readonly replica: Headers;
}

/**
 * Puts an object on another server: in the parts that it has, so that its ETag stays, if they are large enough for that; as one body
 * otherwise. No more of it is in memory than what is on its way.
 *
 * @returns false: the server has this version already
 * @throws TargetError; S3Error EntityTooLarge
 */
export async function sendObject(
  stores: ContentStores,
  target: ReplicationTarget,
  object: SentObject,
  headers: SentHeaders,
): Promise<boolean> {
  const { key, sizeBytes, content } = object.record;
  const parts = content.kind === "stitched" ? await partsOf(stores, content.contentId) : [];
  const isOfParts = parts.length > 0 && parts.slice(0, -1).every((size) => size >= MIN_PART_BYTES);
  if (isOfParts) return sendParts(stores, target, object, headers, parts);
  if (sizeBytes > MAX_PART_BYTES) throw new S3Error("EntityTooLarge");
  const body = await bodyOf(stores, object, { offset: 0, length: sizeBytes });
  const md5 = md5Of(object);
  const request: S3ClientRequest = {
    method: "PUT",
    key,
    headers: {
      ...headers.own,
      ...headers.replica,
      ...(md5 !== undefined && { "content-md5": md5 }),
    },
    body,
  };
  return isTaken(target, request);
}

async function isTaken(target: ReplicationTarget, request: S3ClientRequest): Promise<boolean> {
  const answer = await sendToS3(target, request);
  if (answer.status === 412 && target.isLedge) return false;
  if (answer.status >= 300) throw new TargetError(answer);
  return true;
}

/** Of what is not encrypted with a key whose ETags are opaque, the ETag is the MD5, which the server verifies. */
function md5Of({ record, objectKey }: SentObject): string | undefined {
  const { etag, content, attributes } = record;
  const isMd5 =
    attributes.hasOpaqueEtag !== true && content.kind !== "stitched" && /^[0-9a-f]{32}$/.test(etag);
  return isMd5 && objectKey?.hasMd5Etag !== false
    ? Buffer.from(etag, "hex").toString("base64")
    : undefined;
}

async function sendParts(
  stores: ContentStores,
  target: ReplicationTarget,
  object: SentObject,
  { own, replica }: SentHeaders,
  sizes: readonly number[],
): Promise<boolean> {
  const { key } = object.record;
  const headers = { ...own, ...replica };
  const begun = await demandOfS3(target, { method: "POST", key, query: { uploads: "" }, headers });
  const uploadId = childText(begun.text, "UploadId");
  try {
    const etags: string[] = [];
    let offset = 0;
    for (const [i, length] of sizes.entries()) {
      const body = await bodyOf(stores, object, { offset, length });
      const query = { partNumber: String(i + 1), uploadId };
      const sent = await demandOfS3(target, { method: "PUT", key, query, body });
      etags.push(sent.headers.get("etag") ?? quoteEtag(""));
      offset += length;
    }
    const listed = etags.map(
      (etag, i) =>
        `<Part><PartNumber>${i + 1}</PartNumber><ETag>${etag.replaceAll('"', "&quot;")}</ETag></Part>`,
    );
    const document = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${listed.join("")}</CompleteMultipartUpload>`;
    const bytes = Buffer.from(document);
    const body = { bytes, length: bytes.byteLength };
    const request = { method: "POST", key, query: { uploadId }, headers: replica, body } as const;
    const answer = await sendToS3(target, request);
    const exists = answer.status === 412 && target.isLedge;
    if (!exists && (answer.status >= 300 || answer.text.includes("<Error>")))
      throw new TargetError(answer);
    if (exists) await abort(target, key, uploadId);
    return !exists;
  } catch (error) {
    await abort(target, key, uploadId);
    throw error;
  }
}

/** What is left of it, the server's rules for uploads take away. */
async function abort(target: ReplicationTarget, key: string, uploadId: string): Promise<void> {
  await sendToS3(target, { method: "DELETE", key, query: { uploadId } }).catch(() => undefined);
}

async function partsOf({ contents }: ContentStores, contentId: string): Promise<number[]> {
  const sizes: number[] = [];
  for (let after = 0; ;) {
    const page = await contents.listParts(contentId, after, PAGE_LENGTH);
    sizes.push(...page.parts.map(({ sizeBytes }) => sizeBytes));
    const last = page.parts.at(-1);
    if (!page.isTruncated || last === undefined) return sizes;
    after = last.partNumber;
  }
}

async function bodyOf(
  stores: ContentStores,
  { record: { key, content }, objectKey }: SentObject,
  range: ByteRange,
): Promise<SentBody> {
  const { length } = range;
  // What was read with the object is where its first bytes are.
  const unlocated = content.kind === "stitched" ? { ...content, located: undefined } : content;
  const bytes = await openContent(stores, { key, content: unlocated, objectKey }, range);
  if (bytes instanceof Uint8Array) return { bytes, length };
  const { readable, writable } = new FixedLengthStream(length);
  // What fails in between breaks the request off.
  bytes.pipeTo(writable).catch(() => undefined);
  return { bytes: readable, length };
}

function childText(document: string, name: string): string {
  const found = parseXml(document).children.find((child) => child.name === name);
  if (found === undefined) throw new Error(`the target's answer has no ${name}`);
  return found.text;
}
