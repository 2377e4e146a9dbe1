import type { BucketCheck, Checked } from "./bucket-check.ts";

/** Of a blob that is younger the sweep will see by itself; one that it has passed stays for ever. */
export const orphanBlobs: BucketCheck = {
  name: "orphan-blobs",
  means: "the store has a blob that no row refers to, and that the sweep has passed",
  repair: "deletes it, if it is still unknown",
  async find(checked, after) {
    const { blobs, shardName } = checked;
    const { ids, next } = await blobs.list(`${shardName}/`, after);
    const orphans = await passedOrphans(checked, ids);
    const findings = orphans.map((subject) => ({ subject, detail: "nothing refers to it" }));
    return { findings, next };
  },
  async mend(checked, subjects) {
    const own = subjects.filter((id) => id.startsWith(`${checked.shardName}/`));
    // No commit may name a blob that is older than the fence, which is ahead of where the sweep is.
    const orphans = await passedOrphans(checked, own);
    if (orphans.length > 0) await checked.blobs.delete(orphans);
    return orphans;
  },
};

async function passedOrphans(
  { inspection, shardName, blobs }: Checked,
  ids: readonly string[],
): Promise<readonly string[]> {
  const { sweepCursor } = await inspection.inspect(shardName, "facts");
  const passed = ids.filter((id) => id < sweepCursor);
  if (passed.length === 0) return [];
  const unknown = await inspection.inspect(shardName, "orphans", passed);
  // One that was garbage when the store was listed is gone by now.
  const still: string[] = [];
  for (const id of unknown) if ((await blobs.storedSizeOf(id)) !== undefined) still.push(id);
  return still;
}
