import type { ExportedVersion } from "../../../src/domain/backup/export-rows.ts";
import type { BackupColumns } from "../../../src/storage/ports/backup-rows.ts";
import type { BackupStore } from "./backup-store.ts";
import { type Counts, DamagedError, type Line, readFileOfRows, type RowsFile } from "./manifest.ts";

/** How far a backup has come, after each of its files: what was killed goes on from there. */
export interface Progress {
  readonly snapshot: string;
  readonly bucketId: string;
  readonly startedAt: string;
  readonly files: readonly RowsFile[];
  readonly counts: Counts;
  readonly highestSequence: number;
  /** Of those that the bucket has. */
  readonly shard: number;
  /** What is read of it. Uploads come first: one that is completed meanwhile is among the versions as well. */
  readonly stage: "uploads" | "versions";
  readonly after: string;
}

/** Nobody has taken away what an interrupted backup has written: otherwise there is nothing to go on with. */
export async function areWhole(store: BackupStore, files: readonly RowsFile[]): Promise<boolean> {
  try {
    for (const file of files) await readFileOfRows(store, file);
    return true;
  } catch (error) {
    if (error instanceof DamagedError) return false;
    throw error;
  }
}

/**
 * A file of rows ends at the first page behind so many bytes of it, or of its blobs: what was killed copies those anew. It ends at the
 * first annotation as well: a page may have hundreds of them, each of a megabyte.
 */
const FILE_BYTES = 8 * 1024 * 1024;
const FILE_BLOB_BYTES = 256 * 1024 * 1024;

/** A file of rows that is being filled, and what is counted with it. */
export class FileOfRows {
  lines: string[] = [];
  /** Those before it, of the same progress. */
  readonly written: RowsFile[] = [];
  readonly counts: Counts;
  bytes = 0;
  blobBytes = 0;
  highestSequence: number;

  constructor({ counts, highestSequence }: Pick<Progress, "counts" | "highestSequence">) {
    this.counts = { ...counts };
    this.highestSequence = highestSequence;
  }

  get isFull(): boolean {
    return this.bytes >= FILE_BYTES || this.blobBytes >= FILE_BLOB_BYTES;
  }

  /** What comes next goes into the next file. */
  endWith(written: RowsFile): void {
    this.written.push(written);
    this.lines = [];
    this.bytes = 0;
    this.blobBytes = 0;
  }

  add(line: Line): void {
    if ("blob" in line) {
      this.counts.blobs += 1;
      this.counts.blobBytes += line.sizeBytes;
      this.blobBytes += line.sizeBytes;
    }
    const text = `${JSON.stringify(line)}\n`;
    this.lines.push(text);
    this.bytes += text.length;
  }

  addVersion(version: ExportedVersion): void {
    this.add({ version });
    this.counts.versions += 1;
    this.highestSequence = Math.max(this.highestSequence, Number(version.columns["sequence"]));
  }

  addUpload(upload: BackupColumns): void {
    this.add({ upload });
    this.highestSequence = Math.max(this.highestSequence, Number(upload["object_sequence"] ?? 0));
  }
}
