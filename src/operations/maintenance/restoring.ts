import { encryptionOf } from "../../domain/backup/read-restored.ts";
import { requireRestoring } from "../../domain/backup/restore-bucket.ts";
import { noSuchBucket } from "../../domain/bucket-owner.ts";
import type { BackupColumns } from "../../storage/ports/backup-rows.ts";
import type { AccountContext } from "../operation.ts";
import { invalid } from "./read-json.ts";

/** A page of versions, parts, or annotations, with their bytes in base64. */
export const MAX_RESTORED_BYTES = 32 * 1024 * 1024;

const PATH = /^buckets\/([^/]{1,255})\/restore(?:\/|$)/;

/** Which bucket is restored, from what. @throws S3Error NoSuchBucket, BucketAlreadyExists */
export async function restoringOf(context: AccountContext) {
  const name = restoredName(context);
  const bucket = await context.directory.find(name);
  if (bucket === undefined) throw noSuchBucket(name);
  const token = context.request.headers.get("x-ledge-restore") ?? "";
  await requireRestoring(context, bucket, token);
  return { bucket, token, index: context.indexOf(bucket) };
}

export function restoredName({ request }: AccountContext): string {
  return PATH.exec(request.key ?? "")?.[1] ?? "";
}

/** The keys of its bytes stay as they were sealed, for the bucket and the blobs that it had. @throws S3Error InvalidRequest */
export function movedColumns(columns: BackupColumns, fromBucketId: string): BackupColumns {
  const { encryption } = columns;
  if (typeof encryption !== "string") return columns;
  try {
    return { ...columns, encryption: encryptionOf(encryption, fromBucketId) };
  } catch {
    throw invalid("What is said of an object's encryption cannot be read");
  }
}

interface NeededBlob {
  readonly blobId: string;
  readonly allowedBytes: readonly number[];
}

/** Bytes before rows. @throws S3Error InvalidRequest */
export async function requireBlobs(
  { blobs }: AccountContext,
  needed: readonly NeededBlob[],
): Promise<void> {
  const seen = new Set<string>();
  for (const { blobId, allowedBytes } of needed) {
    if (seen.has(blobId)) continue;
    seen.add(blobId);
    const sizeBytes = await blobs.storedSizeOf(blobId);
    if (sizeBytes === undefined || !allowedBytes.includes(sizeBytes))
      throw invalid(`The blob ${blobId} is not there, or not as long as its row says`);
  }
}
