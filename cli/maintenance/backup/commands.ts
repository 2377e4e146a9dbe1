import { backUpBucket, type BackupEvents } from "./backup.ts";
import type { BackupOptions, RestoreOptions, StorePlace } from "../arguments.ts";
import { connect } from "../connect.ts";
import { printable } from "../../output.ts";
import type { SignedRequests } from "../signed-requests.ts";
import type { BackupStore } from "./backup-store.ts";
import { folderStore } from "./folder-store.ts";
import {
  backUpInstallation,
  type InstallationManifest,
  readInstallation,
  restoreInstallation,
  verifyInstallation,
} from "./installation.ts";
import { type Counts, readManifest } from "./manifest.ts";
import { restoreBucket } from "./restore.ts";
import { verifyBackup } from "./verify.ts";
import { s3Store } from "./s3-store.ts";

/** @returns the exit code */
export async function backUp({ place, bucket, target }: BackupOptions): Promise<number> {
  const store = storeOf(target);
  const connection = await connect(place);
  try {
    if (bucket === undefined) return await backUpAll(connection.requests, store);
    const { snapshot, counts } = await backUpBucket(connection.requests, store, bucket, EVENTS);
    const { versions, blobs, blobBytes, lost } = counts;
    console.log(
      `${bucket} is backed up in ${store.name} as ${snapshot}: ${versions} versions, ${blobs} blobs of ${blobBytes} bytes.`,
    );
    return lost > 0 ? 1 : 0;
  } finally {
    await connection.close();
  }
}

const EVENTS: BackupEvents = {
  progress({ versions, blobs }: Counts) {
    tell(`${versions} versions, ${blobs} blobs`);
  },
  lost(key, blobIds) {
    console.error(
      printable(`${key} is left out: its bytes are lost (${blobIds}); see ledge check`),
    );
  },
};

async function backUpAll(requests: SignedRequests, store: BackupStore): Promise<number> {
  let missing = 0;
  const { snapshot, buckets, accounts } = await backUpInstallation(requests, store, {
    ...EVENTS,
    bucket(name, lost) {
      missing += lost;
      tell("");
      console.log(`${name} is backed up.`);
    },
    leftOut(name) {
      missing += 1;
      console.error(`${name} is left out: it is being restored, and not whole yet`);
    },
  });
  const people = accounts === undefined ? "No MASTER_KEY, and so no accounts" : "All accounts";
  console.log(
    `${people} and ${buckets.length} buckets are backed up in ${store.name} as ${snapshot}.`,
  );
  return missing > 0 ? 1 : 0;
}

/** @returns the exit code */
export async function restore(options: RestoreOptions): Promise<number> {
  const { place, source, bucket, name = bucket, snapshot, isOnlyVerified } = options;
  const store = storeOf(source);
  if (bucket === undefined || name === undefined) return restoreAll(options, store);
  const manifest = await readManifest(store, bucket, snapshot);
  if (isOnlyVerified) {
    const blobs = await verifyBackup(store, manifest);
    const { versions } = manifest.counts;
    console.log(
      `${bucket}, ${manifest.snapshot}: ${versions} versions and ${blobs} blobs are whole.`,
    );
    return 0;
  }
  const connection = await connect(place, true);
  try {
    await restoreBucket(connection.requests, store, manifest, name, { progress: tellVersions });
  } finally {
    await connection.close();
  }
  console.log(`${name} is restored: ${manifest.counts.versions} versions of ${manifest.snapshot}.`);
  return 0;
}

async function restoreAll(
  { place, snapshot, isOnlyVerified }: RestoreOptions,
  store: BackupStore,
): Promise<number> {
  const manifest: InstallationManifest = await readInstallation(store, snapshot);
  if (isOnlyVerified) {
    const blobs = await verifyInstallation(store, manifest);
    console.log(
      `${manifest.snapshot}: the accounts, and ${manifest.buckets.length} buckets with ${blobs} blobs are whole.`,
    );
    return 0;
  }
  const connection = await connect(place, true);
  try {
    const { rows, buckets, leftAlone } = await restoreInstallation(
      connection.requests,
      store,
      manifest,
      {
        progress: tellVersions,
        bucket(name) {
          tell("");
          console.log(`${name} is restored.`);
        },
      },
    );
    for (const name of leftAlone)
      console.error(
        `${name} is there already, and was left as it is; ledge restore --as restores it beside`,
      );
    console.log(
      `${buckets.length} buckets of ${manifest.snapshot} are restored, and ${rows} rows of accounts.`,
    );
    return leftAlone.length > 0 ? 1 : 0;
  } finally {
    await connection.close();
  }
}

function storeOf(place: StorePlace): BackupStore {
  return place.kind === "folder"
    ? folderStore(place.path)
    : s3Store(place.endpoint, place.bucket, place.prefix);
}

function tellVersions(versions: number): void {
  tell(`${versions} versions`);
}

function tell(progress: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${progress}`);
}
