import { readVouchedDocument } from "../../domain/body/vouched-body.ts";
import { configureBucket } from "../../domain/configure-bucket.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import { readTagging } from "../../protocol/tags.ts";
import type { BucketOperation } from "../operation.ts";

/**
 * `PUT /{bucket}?tagging`: these tags and no others, up to 50; an empty set is none.
 *
 * Errors: MalformedXML, InvalidTag, InvalidRequest (nothing vouches for the body), BadDigest.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html
 */
export const putBucketTagging: BucketOperation = {
  name: "PutBucketTagging",
  scope: "bucket",
  async handle(context) {
    const tags = readTagging(await readVouchedDocument(context), "bucket");
    await configureBucket(context, context.bucket, (before) => ({ ...before, tags }));
    return emptyResponse(204);
  },
};
