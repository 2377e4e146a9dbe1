import { createHash } from "node:crypto";
import { UserError } from "../../user-error.ts";
import { blobsOf } from "./held-blobs.ts";
import type { BackupStore } from "./backup-store.ts";
import { blobName, type Manifest, readRows } from "./manifest.ts";
import { atOnce, Scratch } from "./scratch.ts";

const BLOBS_AT_ONCE = 8;

/** Reads all that a snapshot needs, and compares it with what its manifest says. @returns how many blobs it has */
export async function verifyBackup(store: BackupStore, manifest: Manifest): Promise<number> {
  const { name } = manifest.exported.bucket;
  let count = 0;
  const known = new Scratch();
  try {
    for (const file of manifest.files) {
      const lines = await readRows(store, file);
      const blobs = lines.filter((line) => "blob" in line);
      await atOnce(BLOBS_AT_ONCE, blobs, async ({ blob, sizeBytes, sha256 }) => {
        known.set(blob, "");
        count += 1;
        const opened = await store.open(blobName(name, blob));
        if (opened === undefined) throw new UserError(`the blob ${blob} of the backup is missing`);
        const hash = createHash("sha256");
        for await (const chunk of opened.chunks) hash.update(chunk);
        if (opened.sizeBytes !== sizeBytes || hash.digest("hex") !== sha256)
          throw new UserError(`the blob ${blob} of the backup is damaged`);
      });
      for (const line of lines)
        if ("version" in line || "part" in line)
          for (const id of blobsOf("version" in line ? line.version : line.part))
            if (known.get(id) === undefined)
              throw new UserError(`the backup does not have the blob ${id}`);
    }
  } finally {
    known.close();
  }
  return count;
}
