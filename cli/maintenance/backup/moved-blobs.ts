import { movedKey } from "../../../src/domain/encryption/object-key.ts";
import type { BackupSegment } from "../../../src/storage/ports/backup-rows.ts";

/** @param blobId what its blob is called since it was restored */
export function movedSegment(segment: BackupSegment, blobId: string): BackupSegment {
  const { sealedKey } = segment;
  return {
    ...segment,
    blobId,
    ...(sealedKey !== undefined && { sealedKey: sealedFor(sealedKey, segment.blobId) }),
  };
}

/** The key of a blob that is called otherwise since, which says what it was sealed for. */
export function sealedFor(sealedKey: string, blobId: string): string {
  return Buffer.from(movedKey(Buffer.from(sealedKey, "base64"), blobId)).toString("base64");
}
