import {
  type Infer,
  integer,
  many,
  object,
  one,
  oneOf,
  optional,
  some,
  text,
} from "../../lib/xml-shape.ts";
import type { NotifyingBucket } from "../events/event-record.ts";
import { STORAGE_CLASSES } from "../storage-class.ts";

const MAX_RULES = 1000;

const Tag = object({ Key: one(text), Value: one(text) });
const Status = oneOf("Enabled", "Disabled");
const Switch = object({ Status: one(Status) });
const ONE_CONDITION = { Prefix: optional(text), Tag: optional(Tag) };

const Not = object({
  ...ONE_CONDITION,
  Or: optional(object({ Prefix: many(text), Tag: many(Tag) })),
});

const Filter = object({
  ...ONE_CONDITION,
  And: optional(object({ Prefix: optional(text), Tag: many(Tag), Not: optional(Not) })),
  Not: optional(Not),
});

const Destination = object({
  Bucket: one(text),
  Account: optional(text),
  StorageClass: optional(oneOf(...STORAGE_CLASSES)),
  AccessControlTranslation: optional(object({ Owner: one(oneOf("Destination")) })),
  EncryptionConfiguration: optional(
    object({
      ReplicaKmsKeyID: optional(text),
      UseSourceMultiRegionKey: optional(Switch),
    }),
  ),
  ReplicationTime: optional(
    object({ Status: one(Status), Time: one(object({ Minutes: optional(integer) })) }),
  ),
  Metrics: optional(
    object({
      Status: one(Status),
      EventThreshold: optional(object({ Minutes: optional(integer) })),
    }),
  ),
});

const Rule = object({
  ID: optional(text),
  Priority: optional(integer),
  /** The older form of a filter. */
  Prefix: optional(text),
  Filter: optional(Filter),
  Status: one(Status),
  SourceSelectionCriteria: optional(
    object({
      SseKmsEncryptedObjects: optional(Switch),
      ReplicaModifications: optional(Switch),
    }),
  ),
  ExistingObjectReplication: optional(Switch),
  Destination: one(Destination),
  DeleteMarkerReplication: optional(object({ Status: optional(Status) })),
});

/** AWS's model of 2026-11 (botocore 1.44.8). */
export const ReplicationConfiguration = object({
  Role: one(text),
  Rule: some(Rule, MAX_RULES),
});

export type ReplicationFilter = Infer<typeof Filter>;
export type NotFilter = Infer<typeof Not>;
export type ReplicationRuleDocument = Infer<typeof Rule>;
export type ReplicationDestination = Infer<typeof Destination>;
export type ReplicationConfiguration = Infer<typeof ReplicationConfiguration>;

/** The document as shards have it: with what they do not know of their bucket, and whose the destinations are. */
export interface ReplicationDocument extends ReplicationConfiguration {
  readonly bucket: NotifyingBucket;
  /**
   * By ARN the canonical id of the account that the bucket belonged to when the document was put; none: it is no bucket of this
   * deployment. So that whoever takes the name later gets nothing.
   */
  readonly owners: Readonly<Record<string, string>>;
}
