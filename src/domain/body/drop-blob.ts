import { log } from "../../lib/log.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { Content } from "../../protocol/object-record.ts";
import type { BlobStore } from "../../storage/ports/blob-store.ts";
import { StaleBucketError } from "../../storage/ports/bucket-index.ts";

/** Deletes a blob that nothing refers to. When that fails as well, the sweep finds it. */
export async function dropBlob(blobs: BlobStore, blobId: string): Promise<void> {
  try {
    await blobs.delete([blobId]);
  } catch (error) {
    log("warn", "orphan left", { blobId, error: String(error) });
  }
}

/** Does what comes before the commit of a blob, its writing included; if that fails, the blob is deleted. */
export async function dropOnFailure<Result>(
  blobs: BlobStore,
  blobId: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    await dropBlob(blobs, blobId);
    throw error;
  }
}

/**
 * Makes a row refer to content that was stored for it, and deletes the content if that is refused.
 *
 * A refusal says that nothing was committed. After any other failure the row may exist: its bytes must stay, and if it
 * does not, the sweep finds them.
 */
export async function commitOrDrop<Outcome extends { readonly ok: boolean }>(
  blobs: BlobStore,
  content: Content | undefined,
  commit: () => Promise<Outcome>,
): Promise<Outcome> {
  const dropContent = async (): Promise<void> => {
    if (content?.kind === "blob") await dropBlob(blobs, content.blobId);
  };
  let outcome: Outcome;
  try {
    outcome = await commit();
  } catch (error) {
    if (error instanceof S3Error || error instanceof StaleBucketError) await dropContent();
    throw error;
  }
  if (!outcome.ok) await dropContent();
  return outcome;
}
