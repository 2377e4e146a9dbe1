import type { Settings } from "../env.ts";
import type { Account } from "../protocol/owner.ts";
import type { SignedRegion } from "../domain/auth/credential.ts";
import type { Payload } from "../domain/auth/payload.ts";
import type { RefusedHeaders } from "../protocol/refused-headers.ts";
import type { S3Request } from "../protocol/s3-request.ts";
import type { BlobStore } from "../storage/blob-store.ts";
import type { BucketDirectory, BucketRecord } from "../storage/bucket-directory.ts";
import type { BucketLookup } from "../storage/bucket-lookup.ts";
import type { BucketIndex } from "../storage/bucket-index.ts";
import type { ContentIndex } from "../storage/content-index.ts";

/** What every operation gets: the request, its caller, and the ports. */
export interface AccountContext {
  readonly request: S3Request;
  /** Who signed the request. */
  readonly caller: Account;
  /** How the body is framed and what the signature says of it. */
  readonly payload: Payload;
  readonly settings: Settings;
  readonly directory: BucketDirectory;
  readonly buckets: BucketLookup;
  /** The objects of a bucket, retried when the bucket is found to have changed. */
  readonly indexOf: (bucket: BucketRecord) => BucketIndex;
  /** That of the credential scope; undefined for SigV2, which has none. */
  readonly signedRegion: SignedRegion | undefined;
}

export interface BucketContext extends AccountContext {
  readonly bucket: BucketRecord;
  readonly index: BucketIndex;
  readonly blobs: BlobStore;
  readonly contents: ContentIndex;
}

export interface ObjectContext extends BucketContext {
  /** Percent-decoded once from the raw path; may hold `/`, `//` and any Unicode. */
  readonly key: string;
}

interface Described {
  /** AWS's name. */
  readonly name: string;
  /** Its requests are PUTs or POSTs, and yet of no use but to have less. */
  readonly makesRoom?: true;
  /** Headers that the runner refuses before the operation begins; undefined: none. */
  readonly refuses?: RefusedHeaders;
}

/** An operation of the account (ListBuckets), or one on a bucket name that may not exist (CreateBucket). */
export interface AccountOperation extends Described {
  readonly scope: "account";
  readonly handle: (context: AccountContext) => Promise<Response>;
}

/** An operation on a bucket that exists; the runner answers NoSuchBucket otherwise. */
export interface BucketOperation extends Described {
  readonly scope: "bucket";
  /** It calls the index, which refuses when the bucket is gone; otherwise the Directory is asked first. */
  readonly readsIndex?: true;
  readonly handle: (context: BucketContext) => Promise<Response>;
}

export interface ObjectOperation extends Described {
  readonly scope: "object";
  readonly handle: (context: ObjectContext) => Promise<Response>;
}

export type Operation = AccountOperation | BucketOperation | ObjectOperation;
