import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** A folder for what Wrangler is given, secrets among it, that is gone with this process, however it ends. */
export interface StagingFolder {
  readonly path: string;
  /** @returns the path of the file, which only this user may read */
  write(name: string, text: string): string;
  remove(): void;
}

const ENDING_SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;

export function makeStagingFolder(): StagingFolder {
  const folder = mkdtempSync(path.join(tmpdir(), "ledge-deploy-"));
  chmodSync(folder, 0o700);
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  for (const [signal, number] of Object.entries(ENDING_SIGNALS))
    // Wrangler gets it, too, as it is of the same terminal.
    process.once(signal, () => process.exit(128 + number));
  return {
    path: folder,
    write(name, text) {
      const file = path.join(folder, name);
      writeFileSync(file, text, { mode: 0o600 });
      return file;
    },
    remove,
  };
}
