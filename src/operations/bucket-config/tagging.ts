import { Tagging, tagSetOf } from "../../protocol/tags.ts";
import { documentKind } from "./stored-document.ts";

/**
 * `?tagging`: these tags and no others, up to 50; an empty set is none. Nobody decides with them.
 *
 * Errors: NoSuchTagSet, InvalidTag.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html
 */
export const TAGGING = documentKind({
  subresource: "tagging",
  kind: "tags",
  part: "directory",
  root: "Tagging",
  shape: Tagging,
  name: "BucketTagging",
  fresh: "NoSuchTagSet",
  isVouchedFor: true,
  status: 204,
  check(document) {
    const tags = tagSetOf(document.TagSet?.Tag ?? [], "bucket");
    return tags.length === 0 ? undefined : document;
  },
});
