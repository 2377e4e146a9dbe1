import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { systemCode } from "../../user-error.ts";
import { type BackupStore, checkedName } from "./backup-store.ts";

/** Backups in a folder, which is made if need be. What is written is on the disk before it has its name. */
export function folderStore(root: string): BackupStore {
  const fileOf = (name: string): string => path.join(root, ...checkedName(name).split("/"));
  return {
    name: root,
    async write(name, { chunks, sizeBytes }) {
      const file = fileOf(name);
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      const unfinished = path.join(path.dirname(file), `.${randomUUID()}`);
      const handle = await open(unfinished, "wx", 0o600);
      try {
        let written = 0;
        for await (const chunk of chunks) {
          await handle.writeFile(chunk);
          written += chunk.byteLength;
        }
        if (written !== sizeBytes) throw new Error(`${name} ended after ${written} bytes`);
        await handle.sync();
        await handle.close();
        await rename(unfinished, file);
      } catch (error) {
        await handle.close().catch(() => undefined);
        await rm(unfinished, { force: true });
        throw error;
      }
      await syncFolder(path.dirname(file));
    },
    async open(name) {
      const file = fileOf(name);
      try {
        const { size } = await stat(file);
        return { sizeBytes: size, chunks: createReadStream(file) };
      } catch (error) {
        if (systemCode(error) === "ENOENT") return undefined;
        throw error;
      }
    },
    remove: (name) => rm(fileOf(name), { force: true }),
  };
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
