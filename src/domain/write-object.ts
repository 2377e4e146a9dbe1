import type { WriteConditions } from "../protocol/write-conditions.ts";
import type {
  ObjectAttributes,
  ObjectDraft,
  StoredChecksum,
  StoredHeaders,
} from "../protocol/object-record.ts";
import { refusalError } from "../protocol/refusal.ts";
import type { BodyClaims } from "./body/claims.ts";
import type { IncomingBody } from "./body/incoming-body.ts";
import { commitOrDrop } from "./body/drop-blob.ts";
import { holdInline, storeBlob } from "./body/store-body.ts";
import type { BucketPorts } from "./ports.ts";

export interface ObjectUpload {
  readonly key: string;
  readonly body: IncomingBody;
  readonly claims: BodyClaims;
  readonly headers: StoredHeaders;
  readonly storageClass: string;
  readonly attributes: ObjectAttributes;
  /** As in `ObjectDraft`. */
  readonly access?: string | undefined;
  readonly conditions: WriteConditions;
}

export interface WrittenObject {
  /** Without quotes. */
  readonly etag: string;
  readonly sizeBytes: number;
  readonly checksum: StoredChecksum | undefined;
  /** Undefined: the bucket never had versions. */
  readonly versionId: string | undefined;
}

/**
 * Bytes, then the row, then the answer: stores and verifies the body, then commits it as the object of its key.
 *
 * @throws S3Error PreconditionFailed, NoSuchKey (If-Match on a missing key), RequestTimeout (an upload
 * older than the sweep allows), and what {@link storeBlob} throws
 */
export async function writeObject(
  { index, blobs, settings }: Pick<BucketPorts, "index" | "blobs" | "settings">,
  { key, body, claims, headers, storageClass, attributes, access, conditions }: ObjectUpload,
): Promise<WrittenObject> {
  const { sizeBytes } = body;
  const { content, md5Hex, checksum } =
    sizeBytes <= settings.inlineLimitBytes
      ? await holdInline(body, claims)
      : await storeBlob(blobs, index.newBlobId(key), body, claims);

  const draft: ObjectDraft = {
    sizeBytes,
    etag: md5Hex,
    storageClass,
    checksum,
    headers,
    partCount: undefined,
    attributes,
    access,
    content,
  };
  const outcome = await commitOrDrop(blobs, content, () => index.commit(key, draft, conditions));
  if (outcome.ok) return { etag: md5Hex, sizeBytes, checksum, versionId: outcome.versionId };
  throw refusalError(outcome, { key });
}
