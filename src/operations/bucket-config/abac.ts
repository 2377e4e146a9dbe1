import { ABAC_KIND, tellTags } from "../../domain/bucket-abac.ts";
import { object, one, oneOf } from "../../lib/xml-shape.ts";
import { documentKind } from "./stored-document.ts";

/**
 * `?abac`: whether policies may ask for the bucket's tags (`aws:ResourceTag`, `s3:BucketTag`).
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAbac.html
 */
export const ABAC = documentKind({
  subresource: "abac",
  kind: ABAC_KIND,
  part: "gateway",
  root: "AbacStatus",
  shape: object({ Status: one(oneOf("Enabled", "Disabled")) }),
  name: "BucketAbac",
  fresh: { Status: "Disabled" },
  isVouchedFor: false,
  finish: tellTags,
});
