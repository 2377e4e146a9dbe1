import { storedBytes } from "../../lib/frames.ts";
import type { Finding, ReferredBlob } from "../../storage/ports/shard-inspection.ts";
import type { BucketCheck, Checked } from "./bucket-check.ts";

/** workerd lets six connections be open. */
const LANES = 5;

/** The store has what the rows say. A blob that is gone is looked for once more, after the rows were read once more. */
export const storedBlobs: BucketCheck = {
  name: "stored-blobs",
  means: "the bytes of an object are lost, or more or fewer than its row says",
  async find(checked, after) {
    const { inspection, shardName } = checked;
    const page = await inspection.inspect(shardName, "referredBlobs", after);
    const wrong = await wrongBlobs(checked, page.blobs);
    if (wrong.length === 0) return { findings: [], next: page.next };
    const again = await inspection.inspect(shardName, "referredBlobs", after);
    const still = new Set(again.blobs.map(nameOf));
    const lasting = wrong.filter(({ blob }) => still.has(nameOf(blob))).map(({ blob }) => blob);
    const findings = (await wrongBlobs(checked, lasting)).map(({ finding }) => finding);
    return { findings, next: page.next };
  },
};

interface WrongBlob {
  readonly blob: ReferredBlob;
  readonly finding: Finding;
}

async function wrongBlobs(
  { blobs: store }: Checked,
  blobs: readonly ReferredBlob[],
): Promise<readonly WrongBlob[]> {
  const wrong: WrongBlob[] = [];
  const queue = blobs.values();
  const lane = async (): Promise<void> => {
    // All lanes take from one queue.
    for (const blob of queue) {
      const detail = faultOf(blob, await store.storedSizeOf(blob.blobId));
      if (detail === undefined) continue;
      wrong.push({ blob, finding: { subject: blob.blobId, detail: `${detail}, of ${blob.by}` } });
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return wrong;
}

function faultOf(
  { sizeBytes, isSealed }: ReferredBlob,
  stored: number | undefined,
): string | undefined {
  if (stored === undefined) return "it is lost";
  // Whether it was encrypted once or twice is the object's to know, not the blob's.
  const allowed = isSealed ? [storedBytes(sizeBytes, 1), storedBytes(sizeBytes, 2)] : [sizeBytes];
  return allowed.includes(stored)
    ? undefined
    : `it has ${stored} bytes, which should be ${allowed.join(" or ")}`;
}

function nameOf({ blobId, by }: ReferredBlob): string {
  return `${blobId} ${by}`;
}
