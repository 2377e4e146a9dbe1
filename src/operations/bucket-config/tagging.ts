import { isAbacEnabled, TAGS_KIND } from "../../domain/bucket-abac.ts";
import { Tagging, tagSetOf } from "../../protocol/tags.ts";
import { documentKind } from "./stored-document.ts";

/**
 * `?tagging`: these tags and no others, up to 50; an empty set is none. Nobody decides with them, unless `?abac` says so.
 *
 * Errors: NoSuchTagSet, InvalidTag.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html
 */
export const TAGGING = documentKind({
  subresource: "tagging",
  kind: TAGS_KIND,
  part: "directory",
  partIn: (bucket) => (isAbacEnabled(bucket) ? "gateway" : "directory"),
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
