import type { WriteConditions } from "../protocol/write-conditions.ts";
import type {
  BlobContent,
  InlineContent,
  ObjectAttributes,
  ObjectDraft,
  ReplicaDraft,
  StoredChecksum,
  StoredHeaders,
} from "../protocol/object-record.ts";
import { refusalError } from "../protocol/refusal.ts";
import { requirePartSizes } from "./brought-version.ts";
import type { BodyClaims } from "./body/claims.ts";
import type { IncomingBody } from "./body/incoming-body.ts";
import { commitOrDrop } from "./body/drop-blob.ts";
import { holdInline, storeBlob, type StoredBody } from "./body/store-body.ts";
import type { Encryption } from "./encryption/new-encryption.ts";
import type { ObjectKey } from "./encryption/object-key.ts";
import type { BucketPorts } from "./ports.ts";

/** All that an upload says beside its bytes. */
export interface DescribedUpload {
  readonly key: string;
  readonly claims: BodyClaims;
  readonly headers: StoredHeaders;
  readonly storageClass: string;
  readonly attributes: ObjectAttributes;
  /** As in `ObjectDraft`. */
  readonly access?: string | undefined;
  /** Absent: nothing is said of it. */
  readonly encryption?: Encryption | undefined;
  readonly conditions: WriteConditions;
  /** Undefined: it is a version of its own. */
  readonly replica?: ReplicaDraft | undefined;
}

export interface ObjectUpload extends DescribedUpload {
  readonly body: IncomingBody;
}

export type StoredUpload = StoredBody<InlineContent | BlobContent>;

type Stores = Pick<BucketPorts, "index" | "blobs" | "settings">;

export interface WrittenObject {
  /** Without quotes. */
  readonly etag: string;
  readonly sizeBytes: number;
  readonly checksum: StoredChecksum | undefined;
  readonly lastModifiedMs: number;
  /** Undefined: the bucket never had versions. */
  readonly versionId: string | undefined;
  /** As in `CommitOutcome`. */
  readonly expiration: string | undefined;
  /** What the answer tells of its encryption. */
  readonly encryptionHeaders: Readonly<Record<string, string>>;
}

/**
 * Bytes, then the row, then the answer: stores and verifies the body, then commits it as the object of its key.
 *
 * @throws S3Error PreconditionFailed, NoSuchKey (If-Match on a missing key), RequestTimeout (an upload
 * older than the sweep allows), and what {@link storeBlob} throws
 */
export async function writeObject(stores: Stores, upload: ObjectUpload): Promise<WrittenObject> {
  const { key, body, claims, encryption, replica } = upload;
  requirePartSizes(replica, body.sizeBytes);
  // Segments are runs of bytes of a blob.
  const isOfParts = replica?.imported?.partSizes !== undefined;
  const settings = isOfParts ? { ...stores.settings, inlineLimitBytes: -1 } : stores.settings;
  const stored = await storeBody({ ...stores, settings }, key, body, claims, encryption?.key);
  return commitObject(stores, upload, stored);
}

/** Keeps a body where bodies of its length are kept. @throws S3Error as {@link storeBlob} */
export function storeBody(
  { index, blobs, settings }: Stores,
  key: string,
  body: IncomingBody,
  claims: BodyClaims,
  objectKey: ObjectKey | undefined,
): Promise<StoredUpload> {
  return body.sizeBytes <= settings.inlineLimitBytes
    ? holdInline(body, claims, objectKey)
    : storeBlob(blobs, index.newBlobId(key), body, claims, objectKey);
}

const MD5 = /^[0-9a-f]{32}$/;

/** Makes bytes that are stored the object of their key. @throws S3Error as {@link writeObject} */
export async function commitObject(
  { index, blobs }: Stores,
  {
    key,
    headers,
    storageClass,
    attributes,
    access,
    encryption,
    conditions,
    replica,
  }: DescribedUpload,
  { content, sizeBytes, etag, checksum }: StoredUpload,
): Promise<WrittenObject> {
  const keptEtag = replica?.imported?.etag ?? etag;
  const isOpaque = keptEtag !== etag && MD5.test(keptEtag);
  const draft: ObjectDraft = {
    sizeBytes,
    etag: keptEtag,
    storageClass,
    checksum,
    headers,
    partCount: replica?.imported?.partSizes?.length,
    attributes: isOpaque ? { ...attributes, hasOpaqueEtag: true } : attributes,
    access,
    encryption: encryption?.column,
    ...(replica !== undefined && { replica }),
    content,
  };
  const outcome = await commitOrDrop(blobs, content, () => index.commit(key, draft, conditions));
  if (!outcome.ok) throw refusalError(outcome, { key });
  const { lastModifiedMs, versionId, expiration } = outcome;
  const { headers: encryptionHeaders = {} } = encryption ?? {};
  const written = { etag: keptEtag, sizeBytes, checksum, lastModifiedMs, versionId, expiration };
  return { ...written, encryptionHeaders };
}
