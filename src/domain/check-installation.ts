import type {
  InstallationMark,
  InstallationRecord,
  KnownInstallation,
} from "../storage/ports/installation.ts";

/** Where a deployment keeps its rows, and where its bytes. */
export interface Installation {
  readonly record: InstallationRecord;
  readonly mark: InstallationMark;
  /** What the store of blobs is called, for whoever reads that it is the wrong one. */
  readonly bucketName: string;
}

/**
 * Sees to it that the Directory and the store of blobs belong together: an index that is served with another's bytes, or with none,
 * as after a misspelt name of the R2 bucket, would answer every read with an error, and take its own blobs for lost.
 *
 * At the first use, both get the same id: the Directory first, which decides between isolates that come at once, then the store, then
 * the Directory learns that the store has it. What dies in between is gone on with by whoever comes next.
 *
 * @returns why nothing may be served, as a sentence, when they do not, or one of them says nothing; undefined: all is well
 */
export async function checkInstallation(installation: Installation): Promise<string | undefined> {
  const { record, mark, bucketName } = installation;
  let marked = await mark.read();
  const known = await record.claimInstallation(marked === undefined ? newId() : undefined);
  if (known === undefined) return refusal(bucketName, marked, known);
  // Made meanwhile by another isolate, or else lost.
  if (marked === undefined && known.isConfirmed) marked = await mark.read();
  if (marked === undefined && !known.isConfirmed) {
    await mark.make(known.id);
    // Of two deployments that were given one bucket at once, one has made it.
    marked = await mark.read();
  }
  if (marked !== known.id) return refusal(bucketName, marked, known);
  if (!known.isConfirmed) await record.confirmInstallation(known.id);
  return undefined;
}

function newId(): string {
  return crypto.randomUUID().replaceAll("-", "");
}

function refusal(
  bucketName: string,
  marked: string | undefined,
  known: KnownInstallation | undefined,
): string {
  const theirs =
    marked === undefined ? "has no _ledge/installation" : `is of installation ${marked}`;
  const ours = known === undefined ? "has none" : `is of installation ${known.id}`;
  return `The R2 bucket that is bound as BLOBS, ${bucketName}, ${theirs}, and this deployment's Directory ${ours}. Bind the bucket that belongs to it; see docs/deploy.md.`;
}
