import { accountOf } from "../../domain/bucket-owner.ts";
import { formatIsoDate } from "../../lib/http-date.ts";
import { bucketArn } from "../../protocol/bucket-name.ts";
import { encodeToken } from "../../protocol/continuation-token.ts";
import { parseListBuckets } from "../../protocol/listing-parameters.ts";
import { regionOf } from "../../protocol/region.ts";
import { xmlResponse } from "../../protocol/respond.ts";
import { onAny, SIGNED_ONLY } from "../access.ts";
import type { AccountOperation } from "../operation.ts";
import { ownerContent } from "../owner-content.ts";

/**
 * `GET /`: the caller's buckets in order of name; prefix, bucket-region, max-buckets, continuation-token.
 *
 * Errors: InvalidArgument.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
 */
export const listBuckets: AccountOperation = {
  name: "ListBuckets",
  scope: "account",
  access: onAny("ListAllMyBuckets", SIGNED_ONLY),
  async handle({ request, caller, directory }) {
    const account = accountOf(caller);
    const { prefix, region, after, maxBuckets } = parseListBuckets(request.query);
    const { buckets, isTruncated } = await directory.list({
      ownerId: account.canonicalId,
      prefix,
      region,
      after,
      limit: maxBuckets,
    });
    const last = buckets.at(-1);
    return xmlResponse("ListAllMyBucketsResult", [
      ["Owner", ownerContent(account)],
      [
        "Buckets",
        buckets.map((bucket) => [
          "Bucket",
          [
            ["Name", bucket.name],
            ["CreationDate", formatIsoDate(bucket.createdMs)],
            ["BucketRegion", regionOf(bucket.region)],
            ["BucketArn", bucketArn(bucket.name)],
          ],
        ]),
      ],
      ["ContinuationToken", isTruncated && last !== undefined ? encodeToken(last.name) : undefined],
      ["Prefix", prefix === "" ? undefined : prefix],
    ]);
  },
};
