import { UserError } from "../../user-error.ts";
import { bucketsOf } from "../all-buckets.ts";
import { RefusedError, type SignedRequests } from "../signed-requests.ts";
import { type AccountsBackup, backUpAccounts, restoreAccounts, writeRows } from "./accounts.ts";
import { backUpBucket, type BackupEvents } from "./backup.ts";
import type { BackupStore } from "./backup-store.ts";
import {
  FORMAT,
  manifestName as manifestOf,
  readFileOfRows,
  readJsonFile,
  readManifest,
  type RowsFile,
  snapshotNow,
  writeJsonFile,
} from "./manifest.ts";
import { restoreBucket } from "./restore.ts";
import { verifyBackup } from "./verify.ts";

/** No bucket is called so. */
const PLACE = "_installation";
const LATEST = `${PLACE}/latest.json`;
const UNFINISHED = `${PLACE}/unfinished.json`;
const manifestName = (snapshot: string): string => `${PLACE}/${snapshot}/manifest.json`;
const PAGE_EVENTS = 1000;

interface SnapshotOfBucket {
  readonly name: string;
  readonly snapshot: string;
}

interface Progress {
  readonly snapshot: string;
  readonly startedAt: string;
  /** Those that are whole, by name. */
  readonly buckets: readonly SnapshotOfBucket[];
}

/** What a backup of everything is of. It is written last. */
export interface InstallationManifest extends Progress {
  readonly format: number;
  readonly finishedAt: string;
  /** Absent: there was no MASTER_KEY, and so there were no accounts. */
  readonly accounts?: AccountsBackup;
  /** The audit log, to be read: it is not restored. */
  readonly audit: readonly RowsFile[];
}

export interface InstallationEvents extends BackupEvents {
  /** Of those versions some may be left out. */
  bucket(name: string, lost: number): void;
  /** It is being restored, so that a backup of it would be of a part. */
  leftOut(name: string): void;
}

/** Copies all buckets, then all accounts, so that each bucket's owner is there. What was killed goes on behind the last bucket. */
export async function backUpInstallation(
  requests: SignedRequests,
  store: BackupStore,
  events: InstallationEvents,
): Promise<InstallationManifest> {
  const unfinished = await readJsonFile<Progress>(store, UNFINISHED);
  const { snapshot = snapshotNow(), startedAt = new Date().toISOString() } = unfinished ?? {};
  const buckets: SnapshotOfBucket[] = [];
  for (const done of unfinished?.buckets ?? []) if (await isThere(store, done)) buckets.push(done);
  const done = new Set(buckets.map(({ name }) => name));
  for await (const { name } of bucketsOf(requests)) {
    if (done.has(name)) continue;
    const copied = await copyOf(requests, store, name, events);
    if (copied === undefined) continue;
    buckets.push(copied);
    await writeJsonFile(store, UNFINISHED, { snapshot, startedAt, buckets });
  }
  const accounts = await backUpAccounts(requests, store, `${PLACE}/${snapshot}/accounts`);
  const manifest: InstallationManifest = {
    format: FORMAT,
    ...{ snapshot, startedAt, buckets },
    finishedAt: new Date().toISOString(),
    ...(accounts !== undefined && { accounts }),
    audit: await copyAuditLog(requests, store, `${PLACE}/${snapshot}/audit`),
  };
  await writeJsonFile(store, manifestName(snapshot), manifest);
  await writeJsonFile(store, LATEST, { snapshot });
  await store.remove(UNFINISHED);
  return manifest;
}

/** Somebody may have taken a snapshot away since. */
async function isThere(store: BackupStore, { name, snapshot }: SnapshotOfBucket): Promise<boolean> {
  return (await readJsonFile<object>(store, manifestOf(name, snapshot))) !== undefined;
}

/** @returns undefined: it has been deleted meanwhile, or is left out */
async function copyOf(
  requests: SignedRequests,
  store: BackupStore,
  name: string,
  events: InstallationEvents,
): Promise<SnapshotOfBucket | undefined> {
  try {
    const { snapshot, counts } = await backUpBucket(requests, store, name, events);
    events.bucket(name, counts.lost);
    return { name, snapshot };
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    if (error.code === "OperationAborted") events.leftOut(name);
    else if (error.code !== "NoSuchBucket") throw error;
    return undefined;
  }
}

async function copyAuditLog(
  requests: SignedRequests,
  store: BackupStore,
  prefix: string,
): Promise<readonly RowsFile[]> {
  const files: RowsFile[] = [];
  let before: number | undefined;
  do {
    const query = {
      limit: String(PAGE_EVENTS),
      ...(before !== undefined && { before: `${before}` }),
    };
    const page: { events: readonly object[]; next?: number } = await requests.json(
      "GET",
      "/_ledge/audit",
      { query },
    );
    files.push(await writeRows(store, prefix, files.length + 1, page.events));
    before = page.next;
  } while (before !== undefined);
  return files;
}

/** @throws UserError when there is none that is whole */
export async function readInstallation(
  store: BackupStore,
  wanted: string | undefined,
): Promise<InstallationManifest> {
  const latest = await readJsonFile<{ snapshot: string }>(store, LATEST);
  const snapshot = wanted ?? latest?.snapshot;
  const manifest =
    snapshot && (await readJsonFile<InstallationManifest>(store, manifestName(snapshot)));
  if (!manifest)
    throw new UserError(
      `${store.name} has no backup of everything${wanted ? ` of ${wanted}` : ""}`,
    );
  if (manifest.format > FORMAT)
    throw new UserError(`the backup has the format ${manifest.format}, which is not read here`);
  if (!Array.isArray(manifest.buckets)) throw new UserError("the backup's manifest is damaged");
  return manifest;
}

/** Reads all that it needs. @returns how many blobs the buckets have */
export async function verifyInstallation(
  store: BackupStore,
  { accounts, audit, buckets }: InstallationManifest,
): Promise<number> {
  for (const file of [...(accounts?.files ?? []), ...audit]) await readFileOfRows(store, file);
  let blobs = 0;
  for (const { name, snapshot } of buckets)
    blobs += await verifyBackup(store, await readManifest(store, name, snapshot));
  return blobs;
}

export interface RestoredInstallation {
  /** Of accounts, and of what they have. */
  readonly rows: number;
  readonly buckets: readonly string[];
  /** Others of their names were there, and are as they were. */
  readonly leftAlone: readonly string[];
}

/** Puts all accounts back, then all buckets. What was interrupted goes on: a bucket that this backup has brought is not brought again. */
export async function restoreInstallation(
  requests: SignedRequests,
  store: BackupStore,
  { accounts, buckets }: InstallationManifest,
  events: { bucket(name: string): void; progress(versions: number): void },
): Promise<RestoredInstallation> {
  const rows = accounts === undefined ? 0 : await restoreAccounts(requests, store, accounts);
  const restored: string[] = [];
  const leftAlone: string[] = [];
  for (const { name, snapshot } of buckets) {
    const manifest = await readManifest(store, name, snapshot);
    try {
      await restoreBucket(requests, store, manifest, name, events);
    } catch (error) {
      const isThere = error instanceof RefusedError && error.code === "BucketAlreadyExists";
      if (!isThere) throw error;
      const path = `/_ledge/buckets/${encodeURIComponent(name)}/restore`;
      const { restored: from } = await requests.json<{ restored?: string }>("GET", path);
      if (from !== `${manifest.exported.bucket.id} ${snapshot}`) {
        leftAlone.push(name);
        continue;
      }
    }
    restored.push(name);
    events.bucket(name);
  }
  return { rows, buckets: restored, leftAlone };
}
