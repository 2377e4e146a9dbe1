import type { Settings } from "../env.ts";
import type { BlobStore } from "../storage/blob-store.ts";
import type { BucketDirectory, BucketRecord } from "../storage/bucket-directory.ts";
import type { BucketIndex } from "../storage/bucket-index.ts";
import type { BucketLookup } from "../storage/bucket-lookup.ts";
import type { ContentIndex } from "../storage/content-index.ts";
import type { DiskRoom } from "../storage/disk-room.ts";

/** What a request works with. Whoever needs less says so by a `Pick`. */
export interface Ports {
  readonly settings: Settings;
  readonly directory: BucketDirectory;
  readonly buckets: BucketLookup;
  readonly blobs: BlobStore;
  /** Undefined where there is no end of it. */
  readonly room: DiskRoom | undefined;
  readonly contents: ContentIndex;
  /** The objects of a bucket, retried when the bucket is found to have changed. */
  readonly indexOf: (bucket: BucketRecord) => BucketIndex;
}

/** What a request on a bucket works with. */
export interface BucketPorts extends Ports {
  readonly bucket: BucketRecord;
  readonly index: BucketIndex;
}
