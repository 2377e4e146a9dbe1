import type { Settings } from "../env.ts";
import type { WriteConditions } from "../protocol/conditions.ts";
import { S3Error } from "../protocol/errors.ts";
import type { StoredChecksum, StoredHeaders } from "../protocol/object-record.ts";
import type { BlobStore } from "../storage/blob-store.ts";
import { StaleBucketError } from "../storage/bucket-index-client.ts";
import type { BucketIndex } from "../storage/bucket-index.ts";
import type { BodyClaims } from "./body/claims.ts";
import type { IncomingBody } from "./body/incoming-body.ts";
import { dropBlob, holdInline, storeBlob } from "./body/store-body.ts";

/** AWS's limit for one PutObject. */
const MAX_OBJECT_BYTES = 5 * 1024 ** 3;

export interface ObjectStores {
  readonly index: BucketIndex;
  readonly blobs: BlobStore;
  readonly settings: Settings;
}

export interface ObjectUpload {
  readonly key: string;
  readonly body: IncomingBody;
  readonly claims: BodyClaims;
  readonly headers: StoredHeaders;
  readonly storageClass: string;
  readonly conditions: WriteConditions;
}

export interface WrittenObject {
  /** Without quotes. */
  readonly etag: string;
  readonly sizeBytes: number;
  readonly checksum: StoredChecksum | undefined;
}

/**
 * Bytes, then the row, then the answer: stores and verifies the body, then commits it as the object of its key.
 *
 * @throws S3Error EntityTooLarge, PreconditionFailed, NoSuchKey (If-Match on a missing key), RequestTimeout (an upload
 * older than the sweep allows), and what {@link storeBlob} throws
 */
export async function writeObject(
  { index, blobs, settings }: ObjectStores,
  { key, body, claims, headers, storageClass, conditions }: ObjectUpload,
): Promise<WrittenObject> {
  const { sizeBytes } = body;
  if (sizeBytes > MAX_OBJECT_BYTES) {
    throw new S3Error("EntityTooLarge", {
      fields: { ProposedSize: String(sizeBytes), MaxSizeAllowed: String(MAX_OBJECT_BYTES) },
    });
  }
  const { content, md5Hex, checksum } =
    sizeBytes <= settings.inlineLimitBytes
      ? await holdInline(body, claims)
      : await storeBlob(blobs, index.newBlobId(key), body, claims);
  const dropContent = async (): Promise<void> => {
    if (content.kind === "blob") await dropBlob(blobs, content.blobId);
  };

  const draft = { sizeBytes, etag: md5Hex, storageClass, checksum, headers, content };
  const outcome = await index.commit(key, draft, conditions).catch(async (error: unknown) => {
    // A refusal says that nothing was committed. After any other failure the row may exist: its bytes must stay,
    // and if it does not, the sweep finds them.
    if (error instanceof S3Error || error instanceof StaleBucketError) await dropContent();
    throw error;
  });
  if (!outcome.ok) {
    await dropContent();
    throw new S3Error(
      outcome.reason,
      outcome.reason === "NoSuchKey" ? { fields: { Key: key } } : {},
    );
  }
  return { etag: md5Hex, sizeBytes, checksum };
}
