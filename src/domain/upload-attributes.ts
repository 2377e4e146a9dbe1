import type { ShardFlags } from "../protocol/bucket-configuration.ts";
import { S3Error } from "../protocol/errors.ts";
import { parseLockHeaders } from "../protocol/object-lock.ts";
import type { ObjectAttributes } from "../protocol/object-record.ts";
import type { S3Request } from "../protocol/s3-request.ts";
import { parseTaggingHeader } from "../protocol/tags.ts";
import type { Payload } from "./auth/payload.ts";
import { isVouchedFor } from "./body/vouched-body.ts";
import { currentFlags, type RememberedBucket, requireObjectLock } from "./bucket-lock.ts";
import type { BucketPorts } from "./ports.ts";

interface UploadRequest extends RememberedBucket {
  readonly request: S3Request;
}

/**
 * What the headers of a request that makes an object say of its tags and its lock.
 *
 * @throws S3Error InvalidArgument, InvalidTag, InvalidRequest (a lock in a bucket without Object Lock)
 */
export async function uploadAttributes(upload: UploadRequest): Promise<ObjectAttributes> {
  const { headers } = upload.request;
  const attributes = {
    tags: parseTaggingHeader(headers),
    ...parseLockHeaders(headers, Date.now()),
  };
  if (asksForLock(attributes)) await requireObjectLock(upload);
  return attributes;
}

/**
 * Checks that something vouches for the body of an object that will be locked, by its headers or by the bucket's rule; of
 * which a shard may have heard before this gateway.
 *
 * @throws S3Error InvalidRequest
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
 */
export async function requireVouchedUpload(
  upload: UploadRequest & Pick<BucketPorts, "decisions"> & { readonly payload: Payload },
  attributes: ObjectAttributes,
): Promise<void> {
  const isRefused = (flags: ShardFlags): boolean =>
    (asksForLock(attributes) || hasRule(flags)) && !isVouchedFor(upload);
  upload.decisions.push(({ shard }) => {
    if (isRefused(shard.flags)) throw notVouchedFor();
  });
  // What is remembered may be old: the rule may be gone since.
  if (isRefused(upload.bucket.shard.flags) && isRefused(await currentFlags(upload)))
    throw notVouchedFor();
}

function notVouchedFor(): S3Error {
  const message =
    "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters";
  return new S3Error("InvalidRequest", { message });
}

function asksForLock({ retention, hasLegalHold, eventHold }: ObjectAttributes): boolean {
  return retention !== undefined || hasLegalHold !== undefined || eventHold !== undefined;
}

function hasRule({ hasLockRule }: ShardFlags): boolean {
  return hasLockRule === true;
}
