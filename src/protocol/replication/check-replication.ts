import { invalidArgument, S3Error } from "../errors.ts";
import { rulesWithIds } from "../rule-id.ts";
import type {
  NotFilter,
  ReplicationConfiguration,
  ReplicationDestination,
  ReplicationFilter,
  ReplicationRuleDocument,
} from "./replication-configuration.ts";

/** A key has no more, so that no longer prefix matches one. */
const MAX_PREFIX_BYTES = 1024;
/** The only number that AWS takes. */
const THRESHOLD_MINUTES = 15;
const ROLE_ARN = /^arn:aws[a-z-]{0,20}:iam::[A-Za-z0-9]{1,64}:role\/[!-~]{1,512}$/;
const DESTINATION_ARN = /^arn:[!-~]{1,512}$/;
const GUIDE = "Please refer to S3 Developer Guide for more information.";

/**
 * What the shape does not say of a replication configuration, but for its destinations, which are looked at elsewhere.
 *
 * @returns the document as it is kept: every rule has an id
 * @throws S3Error MalformedXML, InvalidArgument, InvalidRequest
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketReplication.html and
 *   https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-add-config.html; texts that are not told there are those that AWS
 *   was seen to answer (https://github.com/rust-lang/simpleinfra/issues/468), or in their manner
 */
export function checkReplication(document: ReplicationConfiguration): ReplicationConfiguration {
  if (!ROLE_ARN.test(document.Role))
    throw invalidArgument("Invalid Role ARN", "Role", document.Role);
  const rules = rulesWithIds(document.Rule);
  for (const rule of rules) checkRule(rule);
  const byDestination = Map.groupBy(rules, ({ Destination }) => Destination.Bucket);
  for (const [, ofOne] of byDestination) checkPriorities(ofOne);
  return { ...document, Rule: rules };
}

function checkRule(rule: ReplicationRuleDocument): void {
  const { Filter, Prefix, Destination } = rule;
  if ((Filter === undefined) === (Prefix === undefined)) throw new S3Error("MalformedXML");
  if (Filter === undefined) checkOldForm(rule);
  else checkNewForm(rule, Filter);
  for (const prefix of [Prefix ?? "", ...prefixesOf(Filter)])
    if (Buffer.byteLength(prefix) > MAX_PREFIX_BYTES)
      throw invalidRequest(`The maximum size of a prefix is ${MAX_PREFIX_BYTES}.`);
  checkDestination(Destination);
  checkKms(rule);
}

function checkOldForm({ Priority, DeleteMarkerReplication }: ReplicationRuleDocument): void {
  for (const [name, value] of Object.entries({ DeleteMarkerReplication, Priority }))
    if (value !== undefined)
      throw invalidRequest(
        `${name} cannot be used for this version of Cross Region Replication configuration schema. ${GUIDE}`,
      );
}

function checkNewForm(rule: ReplicationRuleDocument, filter: ReplicationFilter): void {
  const { Priority, DeleteMarkerReplication } = rule;
  for (const [name, value] of Object.entries({ Priority, DeleteMarkerReplication }))
    if (value === undefined)
      throw invalidRequest(
        `${name} must be specified for this version of Cross Region Replication configuration schema. ${GUIDE}`,
      );
  if (Priority !== undefined && (Priority < 0 || Priority > 2 ** 31 - 1))
    throw invalidArgument("Priority must be a non-negative integer", "Priority", String(Priority));
  checkFilter(filter);
  if (DeleteMarkerReplication?.Status === "Enabled" && hasTags(filter))
    throw invalidRequest(
      `Delete marker replication is not supported if any Tag filter is specified. ${GUIDE}`,
    );
}

/** One condition; several stand in `And`, which has two at least. */
function checkFilter(filter: ReplicationFilter): void {
  if (present(filter).length > 1) throw new S3Error("MalformedXML");
  const { And, Not } = filter;
  if (Not !== undefined) checkNot(Not);
  if (And === undefined) return;
  const { Tag: tags, ...others } = And;
  if (present(others).length + tags.length < 2) throw new S3Error("MalformedXML");
  if (new Set(tags.map(({ Key }) => Key)).size < tags.length)
    throw invalidRequest("Duplicate Tag Keys are not allowed.");
  if (And.Not !== undefined) checkNot(And.Not);
}

function checkNot(not: NotFilter): void {
  const { Or } = not;
  const isEmpty = Or !== undefined && Or.Prefix.length + Or.Tag.length === 0;
  if (present(not).length !== 1 || isEmpty) throw new S3Error("MalformedXML");
}

/** Whether tags decide. */
function hasTags({ Tag, And, Not }: ReplicationFilter): boolean {
  const nots = [Not, And?.Not].filter((not) => not !== undefined);
  return (
    Tag !== undefined ||
    (And?.Tag.length ?? 0) > 0 ||
    nots.some((not) => not.Tag !== undefined || (not.Or?.Tag.length ?? 0) > 0)
  );
}

function prefixesOf(filter: ReplicationFilter = EMPTY): readonly string[] {
  const { Prefix, And, Not } = filter;
  const nots = [Not, And?.Not].flatMap((not) => [not?.Prefix, ...(not?.Or?.Prefix ?? [])]);
  return [Prefix, And?.Prefix, ...nots].filter((prefix) => prefix !== undefined);
}

const EMPTY: ReplicationFilter = {
  Prefix: undefined,
  Tag: undefined,
  And: undefined,
  Not: undefined,
};

function checkDestination(destination: ReplicationDestination): void {
  const { Bucket, Account, AccessControlTranslation, ReplicationTime, Metrics } = destination;
  if (!DESTINATION_ARN.test(Bucket)) throw invalidArgument("Invalid bucket ARN", "Bucket", Bucket);
  if (AccessControlTranslation !== undefined && Account === undefined)
    throw invalidRequest("Account must be specified if AccessControlTranslation is specified.");
  const isTimed = ReplicationTime?.Status === "Enabled";
  if (isTimed && Metrics?.Status !== "Enabled")
    throw invalidRequest("Metrics must be enabled if ReplicationTime is enabled.");
  const minutes = [ReplicationTime?.Time.Minutes, Metrics?.EventThreshold?.Minutes];
  for (const each of minutes)
    if (each !== undefined && each !== THRESHOLD_MINUTES)
      throw invalidArgument(`Minutes must be ${THRESHOLD_MINUTES}`, "Minutes", String(each));
}

function checkKms({ SourceSelectionCriteria, Destination }: ReplicationRuleDocument): void {
  const { ReplicaKmsKeyID: keyId, UseSourceMultiRegionKey } =
    Destination.EncryptionConfiguration ?? {};
  const isSelected = SourceSelectionCriteria?.SseKmsEncryptedObjects?.Status === "Enabled";
  const hasKey = keyId !== undefined || UseSourceMultiRegionKey?.Status === "Enabled";
  if (isSelected && !hasKey)
    throw invalidRequest(
      "ReplicaKmsKeyID must be specified if SseKmsEncryptedObjects tag is present.",
    );
  if (hasKey && SourceSelectionCriteria?.SseKmsEncryptedObjects === undefined)
    throw invalidRequest(
      "SseKmsEncryptedObjects must be specified if EncryptionConfiguration is present.",
    );
  if (UseSourceMultiRegionKey?.Status === "Enabled")
    throw new S3Error("NotImplemented", {
      message: "UseSourceMultiRegionKey is not implemented: there are no multi-Region keys here",
    });
}

function checkPriorities(rules: readonly ReplicationRuleDocument[]): void {
  const priorities = new Set<number>();
  for (const { Priority } of rules) {
    if (Priority === undefined) continue;
    if (priorities.has(Priority))
      throw invalidRequest(
        `Found duplicate priority ${Priority} for rules with the same destination bucket.`,
      );
    priorities.add(Priority);
  }
}

function present(members: object): readonly unknown[] {
  return Object.values(members).filter((value) => value !== undefined);
}

function invalidRequest(message: string): S3Error {
  return new S3Error("InvalidRequest", { message });
}
