import { integer, object, one, oneOf, optional, some, text } from "../../lib/xml-shape.ts";
import { checkFilter, ConfigurationFilter } from "../../protocol/configuration-filter.ts";
import { invalidArgument } from "../../protocol/errors.ts";
import { documentSet } from "./document-set.ts";

const LEAST_DAYS = { ARCHIVE_ACCESS: 90, DEEP_ARCHIVE_ACCESS: 180 } as const;
const MOST_DAYS = 730;

const Tiering = object({
  Days: one(integer),
  AccessTier: one(oneOf("ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS")),
});

const IntelligentTieringConfiguration = object({
  Id: one(text),
  Filter: optional(ConfigurationFilter),
  Status: one(oneOf("Enabled", "Disabled")),
  Tiering: some(Tiering),
});

/**
 * `?intelligent-tiering`: after how many days without access an object of that class is to be archived. Kept and told; objects of
 * that class are read as any.
 *
 * Errors, beside those of all: InvalidArgument (a number of days that the tier has not).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketIntelligentTieringConfiguration.html
 */
export const INTELLIGENT_TIERING = documentSet({
  subresource: "intelligent-tiering",
  kind: "intelligent-tiering",
  root: "IntelligentTieringConfiguration",
  listRoot: "ListIntelligentTieringConfigurationsResult",
  shape: IntelligentTieringConfiguration,
  name: "IntelligentTieringConfiguration",
  check({ Filter, Tiering: tierings }) {
    checkFilter(Filter);
    for (const { Days, AccessTier } of tierings) {
      const least = LEAST_DAYS[AccessTier];
      if (Days >= least && Days <= MOST_DAYS) continue;
      const message = `The Days of ${AccessTier} must be from ${least} to ${MOST_DAYS}`;
      throw invalidArgument(message, "Days", String(Days));
    }
  },
});
