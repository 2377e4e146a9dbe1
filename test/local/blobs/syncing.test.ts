import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { fileBlobStore } from "../../../local/blobs/file-blob-store.ts";
import { ulid } from "../../../src/lib/ulid.ts";
import { patternOf } from "../../support/bytes.ts";
import { newPrefix, sourceOf } from "../../support/blob-store-tests.ts";

/** What was done to the disk, in order, and what fails. */
const { disk } = vi.hoisted(() => ({
  disk: {
    done: [] as { readonly what: "rename" | "begin" | "end"; readonly file: string }[],
    failing: undefined as RegExp | undefined,
  },
}));

type Callback = (error: Error | null) => void;

vi.mock(import("node:fs"), async (original) => {
  const fs = await original();
  const nameOf = (descriptor: number): string => fs.readlinkSync(`/proc/self/fd/${descriptor}`);
  const watched =
    (sync: (descriptor: number, callback: Callback) => void) =>
    (descriptor: number, callback: Callback): void => {
      const file = nameOf(descriptor);
      disk.done.push({ what: "begin", file });
      sync(descriptor, (error) => {
        disk.done.push({ what: "end", file });
        const hasFailed = disk.failing?.test(file) === true;
        callback(hasFailed ? Object.assign(new Error("EIO"), { code: "EIO" }) : error);
      });
    };
  return {
    ...fs,
    fsync: watched(fs.fsync) as typeof fs.fsync,
    fdatasync: watched(fs.fdatasync) as typeof fs.fdatasync,
    renameSync(from, to) {
      fs.renameSync(from, to);
      disk.done.push({ what: "rename", file: String(to) });
    },
  };
});

const root = mkdtempSync(path.join(tmpdir(), "ledge-syncing-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(() => {
  disk.done = [];
  disk.failing = undefined;
});

const NOW_MS = 1_700_000_000_000;
const SOURCE = sourceOf(patternOf(20_000));

const pathsBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));

/** Where in what was done a sync of the file was ended that had begun after `from`. */
function syncedAt(file: string, from: number): number {
  const begun = disk.done.findIndex(
    (step, at) => at > from && step.what === "begin" && step.file === file,
  );
  return disk.done.findIndex(
    (step, at) => at > begun && begun >= 0 && step.what === "end" && step.file === file,
  );
}

// Elsewhere a descriptor does not tell which file it is.
describe.skipIf(process.platform !== "linux")("a store over files", () => {
  test("what is acknowledged is on the disk: bytes, name, and each folder around it", async () => {
    const store = fileBlobStore(root, { isSynced: true });
    const prefix = newPrefix();
    expect(await store.write(prefix + ulid(NOW_MS), SOURCE, undefined)).toMatchObject({ ok: true });
    const [file = ""] = pathsBelow(path.join(root, prefix));
    const renamed = disk.done.findIndex(({ what }) => what === "rename");
    expect(disk.done[renamed]?.file).toBe(file);
    const synced = [file];
    for (
      let folder = path.dirname(file);
      folder !== path.dirname(path.dirname(root));
      folder = path.dirname(folder)
    )
      synced.push(folder);
    expect(synced.filter((name) => syncedAt(name, renamed) < 0)).toEqual([]);
  });

  test("a server that was started anew syncs the folders that it finds, once", async () => {
    const prefix = newPrefix();
    await fileBlobStore(root, { isSynced: true }).write(prefix + ulid(NOW_MS), SOURCE, undefined);
    const store = fileBlobStore(root, { isSynced: true });
    disk.done = [];
    await store.write(prefix + ulid(NOW_MS + 1), SOURCE, undefined);
    expect(disk.done.filter(({ what }) => what === "end")).toHaveLength(7);
    disk.done = [];
    await store.write(prefix + ulid(NOW_MS + 2), SOURCE, undefined);
    expect(disk.done.filter(({ what }) => what === "end")).toHaveLength(2);
  });

  test("one sync of a folder serves all writes that it began after", async () => {
    const store = fileBlobStore(root, { isSynced: true });
    const prefix = newPrefix();
    const acknowledged: number[] = [];
    await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        await store.write(prefix + ulid(NOW_MS + i), SOURCE, undefined);
        acknowledged.push(disk.done.length);
      }),
    );
    const renames = disk.done.flatMap((step, at) => (step.what === "rename" ? [at] : []));
    expect(renames).toHaveLength(40);
    const folder = path.dirname(disk.done[renames[0] ?? 0]?.file ?? "");
    const folderSyncs = disk.done.filter(({ what, file }) => what === "end" && file === folder);
    expect(folderSyncs.length).toBeLessThan(20);
    for (const renamed of renames) expect(syncedAt(folder, renamed)).toBeGreaterThan(renamed);
  });

  test("what cannot be synced is not acknowledged, and not kept", async () => {
    const store = fileBlobStore(root, { isSynced: true });
    const prefix = newPrefix();
    disk.failing = /\/[0-9a-z]{19}$/;
    await expect(store.write(prefix + ulid(NOW_MS), SOURCE, undefined)).rejects.toThrow("EIO");
    expect(pathsBelow(path.join(root, prefix))).toEqual([]);
    disk.failing = undefined;
    await store.write(prefix + ulid(NOW_MS), SOURCE, undefined);
    expect(pathsBelow(path.join(root, prefix))).toHaveLength(1);
  });

  test("nothing is acknowledged any more in a folder that could not be synced", async () => {
    const store = fileBlobStore(root, { isSynced: true });
    const prefix = newPrefix();
    disk.failing = new RegExp(`${prefix}.*/[^/]{3}$`);
    const writes = [1, 2, 3].map((ms) =>
      store.write(prefix + ulid(NOW_MS + ms), SOURCE, undefined),
    );
    for (const outcome of await Promise.allSettled(writes)) expect(outcome.status).toBe("rejected");
    disk.failing = undefined;
    await expect(store.write(prefix + ulid(NOW_MS), SOURCE, undefined)).rejects.toThrow("EIO");
    expect(pathsBelow(path.join(root, prefix))).toEqual([]);
    const hourMs = 3_600_000;
    await store.write(prefix + ulid(NOW_MS + hourMs), SOURCE, undefined);
    await fileBlobStore(root, { isSynced: true }).write(prefix + ulid(NOW_MS), SOURCE, undefined);
    expect(pathsBelow(path.join(root, prefix))).toHaveLength(2);
  });

  test("nothing is synced where that is not wanted", async () => {
    const store = fileBlobStore(root, { isSynced: false });
    await store.write(newPrefix() + ulid(NOW_MS), SOURCE, undefined);
    expect(disk.done.map(({ what }) => what)).toEqual(["rename"]);
  });

  test("a folder goes with its last blob, and is synced anew when it is made again", async () => {
    const store = fileBlobStore(root, { isSynced: true });
    const prefix = newPrefix();
    const [first, second] = [0, 1].map((ms) => prefix + ulid(NOW_MS + ms)) as [string, string];
    for (const id of [first, second]) await store.write(id, SOURCE, undefined);
    await store.delete([first]);
    expect(pathsBelow(path.join(root, prefix))).toHaveLength(1);
    await store.delete([second, second]);
    expect(readdirSync(root)).not.toContain(prefix.split("/")[0]);

    disk.done = [];
    await store.write(prefix + ulid(NOW_MS + 2), SOURCE, undefined);
    const [file = ""] = pathsBelow(path.join(root, prefix));
    const renamed = disk.done.findIndex(({ what }) => what === "rename");
    const synced = [file];
    for (let name = path.dirname(file); name !== path.dirname(root); name = path.dirname(name))
      synced.push(name);
    expect(synced.filter((name) => syncedAt(name, renamed) < 0)).toEqual([]);
  });
});
