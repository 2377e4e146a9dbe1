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

/** A Worker has six connections at once. One after the other, 10,000 parts would take longer than a client waits. */
const LOOKS_AT_ONCE = 6;

/** Bytes before rows. @throws S3Error InvalidRequest */
export async function requireBlobs(
  { blobs }: AccountContext,
  needed: readonly NeededBlob[],
): Promise<void> {
  // Of one blob several segments tell, and each may lie.
  const byId = Map.groupBy(needed, ({ blobId }) => blobId);
  const queue = byId.entries();
  let wrong: string | undefined;
  const look = async (): Promise<void> => {
    for (const [blobId, told] of queue) {
      if (wrong !== undefined) return;
      const sizeBytes = await blobs.storedSizeOf(blobId);
      const isRight = ({ allowedBytes }: NeededBlob): boolean =>
        sizeBytes !== undefined && allowedBytes.includes(sizeBytes);
      if (!told.every(isRight)) wrong = blobId;
    }
  };
  await Promise.all(Array.from({ length: LOOKS_AT_ONCE }, look));
  if (wrong !== undefined)
    throw invalid(`The blob ${wrong} is not there, or not as long as its row says`);
}
