import { object, one, oneOf, optional, text } from "../../lib/xml-shape.ts";
import { checkFilter, ConfigurationFilter } from "../../protocol/configuration-filter.ts";
import { checkBucketArn } from "../../protocol/bucket-arn.ts";
import { documentSet } from "./document-set.ts";

const S3BucketDestination = object({
  Format: one(oneOf("CSV")),
  BucketAccountId: optional(text),
  Bucket: one(text),
  Prefix: optional(text),
});

const DataExport = object({
  OutputSchemaVersion: one(oneOf("V_1")),
  Destination: one(object({ S3BucketDestination: one(S3BucketDestination) })),
});

const AnalyticsConfiguration = object({
  Id: one(text),
  Filter: optional(ConfigurationFilter),
  StorageClassAnalysis: one(object({ DataExport: optional(DataExport) })),
});

/**
 * `?analytics`: which objects' access is to be analysed. Kept and told; nothing is analysed.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAnalyticsConfiguration.html
 */
export const ANALYTICS = documentSet({
  subresource: "analytics",
  kind: "analytics",
  root: "AnalyticsConfiguration",
  listRoot: "ListBucketAnalyticsConfigurationsResult",
  shape: AnalyticsConfiguration,
  name: "AnalyticsConfiguration",
  check({ Filter, StorageClassAnalysis: { DataExport } }) {
    checkFilter(Filter);
    if (DataExport !== undefined) checkBucketArn(DataExport.Destination.S3BucketDestination.Bucket);
  },
});
