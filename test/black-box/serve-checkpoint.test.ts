import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { startLedge } from "../support/ledge-process.ts";
import { sdkClient, uniqueBucket } from "../support/sdk.ts";

const MIB = 1024 * 1024;
/** Kept in the index, so that some 32 MiB go through its log. */
const BODY = new Uint8Array(128 * 1024);
const INLINE_LIMIT_BYTES = String(BODY.length);
const FOLDERS = 50;
const KEYS_PER_FOLDER = 5;

/** At 1,000 pages of 4 KiB workerd's log is checkpointed, at 4,000 the local platform's, and then written anew. */
const CHECKPOINTED_BYTES = 25 * MIB;

async function walBytes(dataFolder: string): Promise<number> {
  const folder = path.join(dataFolder, "index", "ledge-index");
  const names = await readdir(folder);
  const sizes = names
    .filter((name) => name.endsWith("-wal"))
    .map(async (name) => (await stat(path.join(folder, name))).size);
  return Math.max(...(await Promise.all(sizes)));
}

test("listings with a delimiter do not keep the WAL from being checkpointed", async () => {
  const ledge = await startLedge({ variables: { INLINE_LIMIT_BYTES } });
  try {
    const client = sdkClient(ledge);
    const bucket = await uniqueBucket(client);
    for (let folder = 0; folder < FOLDERS; folder += 1) {
      const puts = Array.from({ length: KEYS_PER_FOLDER }, (_, i) =>
        client.send(new PutObjectCommand({ Bucket: bucket, Key: `${folder}/${i}`, Body: BODY })),
      );
      await Promise.all(puts);
      const listing = new ListObjectsV2Command({ Bucket: bucket, Delimiter: "/" });
      const { CommonPrefixes } = await client.send(listing);
      expect(CommonPrefixes).toHaveLength(folder + 1);
    }
    expect(await walBytes(ledge.dataFolder)).toBeLessThan(CHECKPOINTED_BYTES);
  } finally {
    await ledge.stop();
  }
});
