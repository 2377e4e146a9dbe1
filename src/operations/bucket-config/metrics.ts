import { object, one, optional, text } from "../../lib/xml-shape.ts";
import { checkFilter, MetricsFilter } from "../../protocol/configuration-filter.ts";
import { documentSet } from "./document-set.ts";

const MetricsConfiguration = object({ Id: one(text), Filter: optional(MetricsFilter) });

/**
 * `?metrics`: which objects' requests are to be counted apart. Kept and told; nothing is counted.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketMetricsConfiguration.html
 */
export const METRICS = documentSet({
  subresource: "metrics",
  kind: "metrics",
  root: "MetricsConfiguration",
  listRoot: "ListMetricsConfigurationsResult",
  shape: MetricsConfiguration,
  name: "MetricsConfiguration",
  check: ({ Filter }) => checkFilter(Filter),
});
