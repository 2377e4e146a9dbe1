import {
  type Infer,
  boolean,
  integer,
  many,
  object,
  one,
  oneOf,
  optional,
  some,
  text,
} from "../../lib/xml-shape.ts";

const MAX_RULES = 1000;

/** What rules move objects to, in the order in which they may: an object never moves back. */
export const TRANSITION_CLASSES = [
  "STANDARD_IA",
  "INTELLIGENT_TIERING",
  "ONEZONE_IA",
  "GLACIER_IR",
  "GLACIER",
  "DEEP_ARCHIVE",
] as const;
export type TransitionClass = (typeof TRANSITION_CLASSES)[number];

const TransitionClassShape = oneOf(...TRANSITION_CLASSES);
const Tag = object({ Key: one(text), Value: one(text) });
const SIZES = {
  ObjectSizeGreaterThan: optional(integer),
  ObjectSizeLessThan: optional(integer),
};

const Filter = object({
  Prefix: optional(text),
  Tag: optional(Tag),
  ...SIZES,
  And: optional(object({ Prefix: optional(text), Tag: many(Tag), ...SIZES })),
});

const Rule = object({
  ID: optional(text),
  /** The older form of a filter. */
  Prefix: optional(text),
  Filter: optional(Filter),
  Status: one(oneOf("Enabled", "Disabled")),
  Expiration: optional(
    object({
      Date: optional(text),
      Days: optional(integer),
      ExpiredObjectDeleteMarker: optional(boolean),
    }),
  ),
  Transition: many(
    object({
      Date: optional(text),
      Days: optional(integer),
      StorageClass: one(TransitionClassShape),
    }),
  ),
  NoncurrentVersionExpiration: optional(
    object({ NoncurrentDays: one(integer), NewerNoncurrentVersions: optional(integer) }),
  ),
  NoncurrentVersionTransition: many(
    object({
      NoncurrentDays: one(integer),
      NewerNoncurrentVersions: optional(integer),
      StorageClass: one(TransitionClassShape),
    }),
  ),
  AbortIncompleteMultipartUpload: optional(object({ DaysAfterInitiation: one(integer) })),
});

export const LifecycleConfiguration = object({ Rule: some(Rule, MAX_RULES) });

export type LifecycleRuleDocument = Infer<typeof Rule>;
export type LifecycleFilter = Infer<typeof Filter>;

/** How small an object a transition without a size of its own moves. */
export const DEFAULT_MINIMUM_SIZES = [
  "all_storage_classes_128K",
  "varies_by_storage_class",
] as const;

/** The document of PutBucketLifecycleConfiguration, with what came beside it in a header. */
export interface LifecycleDocument extends Infer<typeof LifecycleConfiguration> {
  readonly TransitionDefaultMinimumObjectSize?: (typeof DEFAULT_MINIMUM_SIZES)[number] | undefined;
}
