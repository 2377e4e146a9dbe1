import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { BlobSource } from "../../src/storage/ports/blob-store.ts";
import { webFrameCipher } from "../../src/lib/frame-cipher.ts";
import { framedBlobStore } from "../../src/storage/blobs/framed-blob-store.ts";
import { diskBlobStore } from "../../src/storage/blobs/disk-blob-store.ts";
import { pump } from "../../src/storage/blobs/pump.ts";
import { r2BlobStore } from "../../src/storage/blobs/r2-blob-store.ts";
import { patternOf } from "../support/bytes.ts";
import { testBlobStore, testEncryptedBlobStore } from "../support/blob-store-tests.ts";

/** The disk service that vitest.config.ts binds for this suite. */
const { TEST_DISK } = env as unknown as { readonly TEST_DISK: Fetcher };

describe.for([
  { name: "R2", store: r2BlobStore(env.BLOBS) },
  { name: "disk", store: diskBlobStore(TEST_DISK) },
])("the blob store on $name", ({ store }) => {
  testBlobStore(store);
  testEncryptedBlobStore(framedBlobStore(store, webFrameCipher));
});

test("a source whose store gives up midway is ended, so that what it reads can be read on", async () => {
  let hasEnded = false;
  const source: BlobSource = {
    sizeBytes: 100_000,
    native: undefined,
    async *chunks() {
      try {
        for (let i = 0; i < 10; i += 1) yield patternOf(10_000);
      } finally {
        hasEnded = true;
      }
    },
  };
  const storing = pump(source, async (stream) => {
    await stream.cancel();
    throw new Error("the disk is full");
  });
  await expect(storing).rejects.toThrow("the disk is full");
  expect(hasEnded).toBe(true);
});
