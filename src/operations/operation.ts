import type { Authentication } from "../domain/auth/identity.ts";
import type { BucketPorts, Ports } from "../domain/ports.ts";
import type { S3Request } from "../protocol/s3-request.ts";
import type { Check } from "../domain/access/checks.ts";
import type { Origin } from "../protocol/events/origin.ts";
import type { RefusedHeaders } from "../protocol/refused-headers.ts";

/** What every operation gets: the request, its caller, and the ports. */
export interface AccountContext extends Authentication, Ports {
  /** What events tell of the request. */
  readonly origin: () => Origin;
}

export interface BucketContext extends AccountContext, BucketPorts {}

export interface ObjectContext extends BucketContext {
  /** Percent-decoded once from the raw path; may hold `/`, `//` and any Unicode. */
  readonly key: string;
}

/** What a request's caller needs to be allowed, all of it; the first is the operation's own. */
export type Access = (request: S3Request) => readonly Check[];

interface Described {
  /** AWS's name. */
  readonly name: string;
  /** Its requests are PUTs or POSTs, but only delete, so that they are let in when the disk is full. */
  readonly makesRoom?: true;
  /** Its key, its signature, and what other requests have as headers are fields of a form. */
  readonly isForm?: true;
  /** Of what lies below `/_ledge/`: the request as it would be to the bucket that its path names. */
  readonly readdress?: (request: S3Request) => S3Request;
  /** It keeps its body, which a bucket's quota has to have room for. */
  readonly storesBody?: true;
  /** Headers that the runner refuses before the operation begins; undefined: none. */
  readonly refuses?: RefusedHeaders;
}

/** An operation of the account (ListBuckets), or one on a bucket name that may not exist (CreateBucket). */
export interface AccountOperation extends Described {
  readonly scope: "account";
  readonly access: Access;
  /** It decides again, by what stands in its document. */
  readonly decidesByDocument?: true;
  /** It is about a bucket, and decides itself who may do it there. */
  readonly decidesItself?: true;
  readonly handle: (context: AccountContext) => Promise<Response>;
}

/** An operation on a bucket that exists; the runner answers NoSuchBucket otherwise. */
export interface BucketOperation extends Described {
  readonly scope: "bucket";
  readonly access: Access;
  /** Where it is not the path that names the bucket. */
  readonly bucketOf?: (request: S3Request) => string;
  /** As {@link ObjectOperation.decidesByKey}, for each of its keys. */
  readonly decidesByKey?: true;
  /** It calls a shard, which says when the bucket is gone. Before any other operation, the Directory is asked. */
  readonly readsIndex?: true;
  readonly handle: (context: BucketContext) => Promise<Response>;
}

export interface ObjectOperation extends Described {
  readonly scope: "object";
  readonly access: Access;
  /**
   * It is about an object, or an upload, that exists: whether it may be done can depend on that, and whether it may be told that
   * there is none.
   */
  readonly needsObject?: true;
  /** It asks itself whether the object may be removed, and whose it has to be (`removalPermissions`). */
  readonly decidesByKey?: true;
  readonly handle: (context: ObjectContext) => Promise<Response>;
}

export type Operation = AccountOperation | BucketOperation | ObjectOperation;
