import { createHash } from "node:crypto";
import type { BackupAnnotation, BackupColumns } from "../../../src/storage/ports/backup-rows.ts";
import type { BackupKeys, ExportedBucket } from "../../../src/storage/ports/backup-directory.ts";
import type { ExportedPart, ExportedVersion } from "../../../src/domain/backup/export-rows.ts";
import { UserError } from "../../user-error.ts";
import { type BackupStore, bytesToSend, readWhole } from "./backup-store.ts";

/**
 * How a backup is laid out; one that an earlier version could not read takes the next number. Those before are read as well:
 * 1 had no uploads under way.
 */
export const FORMAT = 2;

/** A file of rows. */
export interface RowsFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface Counts {
  versions: number;
  blobs: number;
  blobBytes: number;
  /** Left out, since their bytes were lost already. */
  lost: number;
}

/** What a snapshot is of. It is written last: a snapshot without one is not whole. */
export interface Manifest {
  readonly format: number;
  readonly snapshot: string;
  /** The one before it, whose blobs it has in common. */
  readonly previous?: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly exported: ExportedBucket;
  readonly keys: BackupKeys;
  readonly highestSequence: number;
  readonly files: readonly RowsFile[];
  readonly counts: Counts;
}

/** A line of a file of rows. A blob's comes before the first version, or part, that needs it, annotations behind their version. */
export type Line =
  | { readonly blob: string; readonly sizeBytes: number; readonly sha256: string }
  | { readonly version: ExportedVersion }
  /** Under way; its parts come behind it. */
  | { readonly upload: BackupColumns }
  | { readonly part: ExportedPart }
  | { readonly annotation: BackupAnnotation; readonly key: string; readonly sequence: number };

export const latestName = (bucket: string): string => `${bucket}/latest.json`;
export const unfinishedName = (bucket: string): string => `${bucket}/unfinished.json`;
export const manifestName = (bucket: string, snapshot: string): string =>
  `${bucket}/${snapshot}/manifest.json`;
export const blobName = (bucket: string, blobId: string): string => `${bucket}/blobs/${blobId}`;

/** What a snapshot that begins now is called. */
export function snapshotNow(): string {
  return new Date().toISOString().replaceAll(/[-:.]/g, "");
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** @returns undefined: there is no such file @throws UserError when it is no JSON */
export async function readJsonFile<T>(store: BackupStore, name: string): Promise<T | undefined> {
  const file = await store.open(name);
  if (file === undefined) return undefined;
  const bytes = await readWhole(file);
  try {
    return JSON.parse(bytes.toString()) as T;
  } catch {
    throw new UserError(`${name} in ${store.name} is damaged: it is no JSON`);
  }
}

export async function writeJsonFile(
  store: BackupStore,
  name: string,
  value: object,
): Promise<void> {
  await store.write(name, bytesToSend(Buffer.from(`${JSON.stringify(value, undefined, 1)}\n`)));
}

/** The manifest of a snapshot, the newest if none is named. @throws UserError when there is none that is whole */
export async function readManifest(
  store: BackupStore,
  bucket: string,
  wanted: string | undefined,
): Promise<Manifest> {
  const latest = await readJsonFile<{ snapshot: string }>(store, latestName(bucket));
  const snapshot = wanted ?? latest?.snapshot;
  const manifest =
    snapshot === undefined
      ? undefined
      : await readJsonFile<Manifest>(store, manifestName(bucket, snapshot));
  if (manifest === undefined)
    throw new UserError(`${store.name} has no backup of ${bucket}${wanted ? ` of ${wanted}` : ""}`);
  if (!(manifest.format >= 1 && manifest.format <= FORMAT))
    throw new UserError(`the backup has the format ${manifest.format}, which is not read here`);
  const isWhole =
    Array.isArray(manifest.files) &&
    manifest.files.every(
      ({ name, sizeBytes, sha256 }) =>
        typeof name === "string" && Number.isSafeInteger(sizeBytes) && typeof sha256 === "string",
    );
  if (!isWhole || manifest.exported?.bucket === undefined)
    throw new UserError(`the manifest of ${bucket} is damaged`);
  return manifest;
}

/** A file of a backup is not there, or not as it was written. */
export class DamagedError extends UserError {}

/** A file of rows, as it is. @throws DamagedError when it is not as the manifest says */
export async function readFileOfRows(store: BackupStore, file: RowsFile): Promise<Buffer> {
  const opened = await store.open(file.name);
  if (opened === undefined) throw new DamagedError(`${file.name} of the backup is missing`);
  const bytes = await readWhole(opened);
  if (bytes.byteLength !== file.sizeBytes || sha256Of(bytes) !== file.sha256)
    throw new DamagedError(`${file.name} of the backup is damaged`);
  return bytes;
}

/** The lines of a file of rows. @throws UserError when it is not as the manifest says */
export async function readRows(store: BackupStore, file: RowsFile): Promise<readonly Line[]> {
  const bytes = await readFileOfRows(store, file);
  try {
    return bytes
      .toString()
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Line);
  } catch {
    throw new UserError(`${file.name} of the backup is no JSON`);
  }
}
