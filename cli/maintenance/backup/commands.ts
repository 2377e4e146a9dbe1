import { backUpBucket } from "./backup.ts";
import type { BackupOptions, RestoreOptions, StorePlace } from "../arguments.ts";
import { connect } from "../connect.ts";
import { printable } from "../../output.ts";
import type { BackupStore } from "./backup-store.ts";
import { folderStore } from "./folder-store.ts";
import { readManifest } from "./manifest.ts";
import { restoreBucket, verifyBackup } from "./restore.ts";
import { s3Store } from "./s3-store.ts";

/** @returns the exit code */
export async function backUp({ place, bucket, target }: BackupOptions): Promise<number> {
  const store = storeOf(target);
  const connection = await connect(place);
  try {
    const { snapshot, counts } = await backUpBucket(connection.requests, store, bucket, {
      progress({ versions, blobs }) {
        tell(`${versions} versions, ${blobs} blobs`);
      },
      lost(key, blobIds) {
        console.error(
          printable(`${key} is left out: its bytes are lost (${blobIds}); see ledge check`),
        );
      },
    });
    const { versions, blobs, blobBytes, lost } = counts;
    console.log(
      `${bucket} is backed up in ${store.name} as ${snapshot}: ${versions} versions, ${blobs} blobs of ${blobBytes} bytes.`,
    );
    return lost > 0 ? 1 : 0;
  } finally {
    await connection.close();
  }
}

/** @returns the exit code */
export async function restore(options: RestoreOptions): Promise<number> {
  const { place, source, bucket, name = bucket, snapshot, isOnlyVerified } = options;
  const store = storeOf(source);
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
    await restoreBucket(connection.requests, store, manifest, name, {
      progress(versions) {
        tell(`${versions} versions`);
      },
    });
  } finally {
    await connection.close();
  }
  console.log(`${name} is restored: ${manifest.counts.versions} versions of ${manifest.snapshot}.`);
  return 0;
}

function storeOf(place: StorePlace): BackupStore {
  return place.kind === "folder"
    ? folderStore(place.path)
    : s3Store(place.endpoint, place.bucket, place.prefix);
}

function tell(progress: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${progress}`);
}
