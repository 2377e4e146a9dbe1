import { closeSync, fdatasync, fsync, mkdirSync, openSync, rmdirSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { groupedCalls } from "./grouped-calls.ts";

const syncDescriptor = promisify(fsync);
const syncData = promisify(fdatasync);

/** Of folders that are known to be on the disk; what is forgotten is synced once more. */
const MAX_ANCHORED = 10_000;

/**
 * The folders of blobs, made when they are needed and synced when something in them is to last.
 *
 * A file is on the disk when it was synced, its name when its folder was, the folder's name when the one around it was, and
 * so on up to the root. What an earlier process made may be in the page cache only, so that nothing counts as synced at first.
 */
export class Folders {
  readonly #root: string;
  readonly #isSynced: boolean;
  /** Those whose own names are on the disk. */
  readonly #anchored = new Set<string>();
  readonly #failures = new Map<string, unknown>();
  readonly #sync = groupedCalls((folder) => this.#syncNow(folder));

  constructor(root: string, isSynced: boolean) {
    this.#root = root;
    this.#isSynced = isSynced;
  }

  /** @throws Error with a code of the system's */
  make(folder: string): void {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /**
   * A file's data, and all that was made and renamed in its folder before this call, are on the disk after it.
   *
   * @throws Error when they may not be. Of a folder each later call throws it as well: the kernel tells only once of what it
   * failed to write
   */
  async sync(folder: string, fileDescriptor: number): Promise<void> {
    if (!this.#isSynced) return;
    const outcomes = await Promise.allSettled([
      syncData(fileDescriptor),
      this.#sync(folder),
      this.#anchored.has(folder) ? undefined : this.#anchor(folder),
    ]);
    // When one has failed, the others have ended, too: the descriptor is the caller's again.
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  }

  /** Removes the folder if nothing is in it, and then those around it, so that a listing need not look into them. */
  prune(folder: string): void {
    for (let empty = folder; empty !== this.#root; empty = path.dirname(empty)) {
      try {
        rmdirSync(empty);
      } catch {
        return;
      }
      this.#anchored.delete(empty);
    }
  }

  async #anchor(folder: string): Promise<void> {
    if (this.#anchored.has(folder)) return;
    const parent = path.dirname(folder);
    const isRoot = folder === this.#root;
    await Promise.all([this.#sync(parent), isRoot ? undefined : this.#anchor(parent)]);
    if (this.#anchored.size >= MAX_ANCHORED) this.#anchored.clear();
    this.#anchored.add(folder);
  }

  async #syncNow(folder: string): Promise<void> {
    if (this.#failures.has(folder)) throw this.#failures.get(folder);
    const descriptor = openSync(folder, "r");
    try {
      await syncDescriptor(descriptor);
    } catch (error) {
      this.#failures.set(folder, error);
      throw error;
    } finally {
      closeSync(descriptor);
    }
  }
}
