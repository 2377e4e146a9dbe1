import {
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type ListObjectVersionsCommandOutput,
  type S3Client,
} from "@aws-sdk/client-s3";
import { expect, test, vi } from "vitest";
import { atRandom } from "../support/campaign.ts";
import { type LedgeProcess, startLedge } from "../support/ledge-process.ts";
import { sdkClient, uniqueBucket } from "../support/sdk.ts";
import { type TakenRecord, UnreliableReceiver } from "../support/unreliable-receiver.ts";

const ARN = "arn:ledge:webhook:us-east-1:000000000000:hook";
const ROUNDS = atRandom({ test: 3, campaign: 500 });
const ROUND_MS = 200;
const KEYS = 4;
const WRITERS = 6;

/** Writes and deletes until the server dies. */
async function write(s3: S3Client, bucket: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const Key = `k${Math.floor(Math.random() * KEYS)}`;
    const command =
      Math.random() < 0.2
        ? new DeleteObjectCommand({ Bucket: bucket, Key })
        : new PutObjectCommand({ Bucket: bucket, Key, Body: String(Math.random()) });
    await s3.send(command).catch(() => undefined);
  }
}

async function versionsOf(s3: S3Client, bucket: string): Promise<string[]> {
  const found: string[] = [];
  let next: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
  while (next !== undefined) {
    const page: ListObjectVersionsCommandOutput = await s3.send(
      new ListObjectVersionsCommand({ Bucket: bucket, ...next }),
    );
    for (const { Key, VersionId } of page.Versions ?? []) found.push(`Put ${Key} ${VersionId}`);
    for (const { Key, VersionId } of page.DeleteMarkers ?? [])
      found.push(`DeleteMarkerCreated ${Key} ${VersionId}`);
    const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page;
    next =
      page.IsTruncated === true && KeyMarker !== undefined && VersionIdMarker !== undefined
        ? { KeyMarker, VersionIdMarker }
        : undefined;
  }
  return found.sort();
}

function nameOf({ eventName, s3: { object } }: TakenRecord): string {
  return `${eventName.split(":")[1]} ${object.key} ${object.versionId}`;
}

test(
  "each version's event comes, and no other, in the order of its key, while server and receiver die",
  { timeout: ROUNDS * 10_000 + 180_000 },
  async () => {
    const receiver = new UnreliableReceiver();
    const url = await receiver.start();
    // A receiver that is back is to be found out about sooner than within a minute.
    const variables = { OUTBOX_PROBE_SECONDS: "1" };
    const options = { args: ["--event-target", `hook=${url}`], variables };
    let ledge: LedgeProcess = await startLedge(options);
    const { dataFolder } = ledge;
    try {
      let s3 = sdkClient(ledge);
      const bucket = await uniqueBucket(s3);
      const VersioningConfiguration = { Status: "Enabled" } as const;
      await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
      receiver.isReliable = true;
      await s3.send(
        new PutBucketNotificationConfigurationCommand({
          Bucket: bucket,
          NotificationConfiguration: {
            QueueConfigurations: [
              { QueueArn: ARN, Events: ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"] },
            ],
          },
        }),
      );
      receiver.isReliable = false;
      for (let round = 0; round < ROUNDS; round += 1) {
        const end = new AbortController();
        const client = sdkClient(ledge, { maxAttempts: 1 });
        const writers = Array.from({ length: WRITERS }, () => write(client, bucket, end.signal));
        await new Promise((resolve) => setTimeout(resolve, Math.random() * ROUND_MS));
        if (round % 2 === 0) await receiver.die();
        await new Promise((resolve) => setTimeout(resolve, Math.random() * ROUND_MS));
        end.abort();
        await ledge.kill("SIGKILL");
        await Promise.all(writers);
        if (round % 2 === 0) await receiver.start();
        ledge = await startLedge({ ...options, dataFolder });
      }
      receiver.isReliable = true;
      s3 = sdkClient(ledge);
      const versions = await versionsOf(s3, bucket);
      await vi.waitFor(
        () => expect([...new Set(receiver.taken.map(nameOf))].sort()).toEqual(versions),
        { timeout: ROUNDS * 5000 + 120_000, interval: 100 },
      );
      // Once more is allowed, of what the server did not know to be taken; anything new comes behind all that is older.
      const newest = new Map<string, string>();
      const seen = new Set<string>();
      for (const record of receiver.taken) {
        if (seen.has(nameOf(record))) continue;
        seen.add(nameOf(record));
        const { key, sequencer } = record.s3.object;
        expect(sequencer > (newest.get(key) ?? "")).toBe(true);
        newest.set(key, sequencer);
      }
    } finally {
      await receiver.die();
      await ledge.stop();
    }
  },
);
