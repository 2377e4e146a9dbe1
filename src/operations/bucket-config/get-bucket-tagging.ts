import { S3Error } from "../../protocol/errors.ts";
import { xmlResponse } from "../../protocol/respond.ts";
import { taggingContent } from "../../protocol/tags.ts";
import type { BucketOperation } from "../operation.ts";

/**
 * `GET /{bucket}?tagging`.
 *
 * Errors: NoSuchTagSet.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketTagging.html
 */
export const getBucketTagging: BucketOperation = {
  name: "GetBucketTagging",
  scope: "bucket",
  async handle({ bucket: { name, configuration } }) {
    const { tags = [] } = configuration;
    if (tags.length === 0) throw new S3Error("NoSuchTagSet", { fields: { BucketName: name } });
    return xmlResponse("Tagging", taggingContent(tags));
  },
};
