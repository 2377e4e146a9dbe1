import type { CopySource } from "../../protocol/copy-source.ts";
import type { EventHold } from "../../protocol/event-hold.ts";
import type { Account } from "../../protocol/owner.ts";
import { type KeyValue, NEEDS_OBJECT, type PolicyContext } from "../../protocol/policy/context.ts";
import { type TagSet, tagValue } from "../../protocol/tag-set.ts";
import { hasKey } from "./action-keys.ts";
import { type GlobalFacts, header, lazyContext, type ReadKeyOf } from "./global-keys.ts";
import type { ObjectState } from "./facts.ts";

/** What a request to S3 tells policies. What is undefined, it does not have, so that no condition can ask for it. */
export interface RequestFacts extends GlobalFacts {
  /** Undefined for callers that have not signed. */
  readonly signature: SignatureFacts | undefined;
  readonly bucket: { readonly owner: Account; readonly tags: TagSet | undefined } | undefined;
  readonly object: ObjectState;
  readonly operation: OperationFacts;
}

export interface SignatureFacts {
  readonly type: "REST-HEADER" | "REST-QUERY-STRING" | "POST";
  readonly version: "AWS4-HMAC-SHA256" | "AWS";
  /** When it was signed; undefined where nothing says so, or the age does not count. */
  readonly signedMs: number | undefined;
}

/** What the operation reads of its parameters and its document, as far as policies may ask for it. */
export interface OperationFacts {
  readonly listing?: {
    /** Undefined: the parameter is not there. An empty one is. */
    readonly prefix: string | undefined;
    readonly delimiter: string | undefined;
    readonly maxKeys: number;
  };
  readonly versionId?: string | undefined;
  readonly copySource?: Pick<CopySource, "bucket" | "key" | "versionId"> | undefined;
  /** Tags that the object is to have. */
  readonly objectTags?: TagSet | Unread | undefined;
  /** Tags that the bucket is to have. */
  readonly bucketTags?: TagSet | Unread | undefined;
  readonly retention?: Retention | Unread | undefined;
  readonly eventHold?: EventHold | Unread | undefined;
  readonly legalHold?: string | undefined;
  /** Does it make an object, or only a part of one? */
  readonly isObjectCreation?: boolean | undefined;
  readonly locationConstraint?: string | undefined;
  readonly annotationPrefix?: string | undefined;
  readonly maxAnnotationResults?: number | undefined;
  readonly inventoryFields?: readonly string[] | undefined;
}

/** It stands in the request's document, which was not read yet. */
type Unread = "unread";

interface Retention {
  readonly mode: string;
  readonly retainUntilMs: number;
}

type ReadKey = ReadKeyOf<RequestFacts>;

const DAY_MS = 86_400_000;

const number = (value: number | undefined) => (value === undefined ? undefined : String(value));

const bucketTag: ReadKey = ({ bucket }, member) => tagValue(bucket?.tags, member);
const resourceAccount: ReadKey = ({ bucket }) => bucket?.owner.id;

/** Headers that are keys by their own names. */
const HEADER_KEYS = [
  ...["x-amz-acl", "x-amz-grant-read", "x-amz-grant-write", "x-amz-grant-read-acp"],
  ...["x-amz-grant-write-acp", "x-amz-grant-full-control", "x-amz-metadata-directive"],
  ...["x-amz-object-annotation-directive", "x-amz-server-side-encryption"],
  "x-amz-server-side-encryption-aws-kms-key-id",
  "x-amz-server-side-encryption-customer-algorithm",
  ...["x-amz-content-sha256", "x-amz-storage-class", "x-amz-website-redirect-location"],
  ...["x-amz-object-ownership", "x-amz-object-if-match", "if-match", "if-none-match"],
].map((name): readonly [string, ReadKey] => [`s3:${name}`, header(name)]);

/**
 * Where each key's value comes from, by its name in small letters. What is not here, a request to Ledge never has.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html and
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
 */
const KEYS: ReadonlyMap<string, ReadKey> = new Map<string, ReadKey>([
  ...HEADER_KEYS,
  ["aws:resourceaccount", resourceAccount],
  ["s3:resourceaccount", resourceAccount],
  ["aws:resourcetag", bucketTag],
  ["s3:buckettag", bucketTag],
  ["aws:requesttag", ofBucketTags((tags, member) => tagValue(tags, member))],
  ["aws:tagkeys", ofBucketTags((tags) => tags.map(({ key }) => key))],
  ["s3:authtype", ({ signature }) => signature?.type],
  ["s3:signatureversion", ({ signature }) => signature?.version],
  ["s3:signatureage", signatureAge],
  ["s3:tlsversion", ({ tlsVersion }) => tlsVersion],
  ["s3:prefix", ({ operation }) => operation.listing?.prefix],
  ["s3:delimiter", ({ operation }) => operation.listing?.delimiter],
  ["s3:max-keys", ({ operation }) => number(operation.listing?.maxKeys)],
  ["s3:versionid", ({ operation }) => operation.versionId ?? operation.copySource?.versionId],
  ["s3:x-amz-copy-source", copySource],
  ["s3:object-lock-mode", ofRetention(({ mode }) => mode)],
  [
    "s3:object-lock-retain-until-date",
    ofRetention(({ retainUntilMs }) => new Date(retainUntilMs).toISOString()),
  ],
  ["s3:object-lock-remaining-retention-days", ofRetention(remainingDays)],
  ["s3:object-lock-event-hold", ofEventHold(({ isOn }) => (isOn ? "ON" : "OFF"))],
  ["s3:object-lock-event-hold-duration-days", ofEventHold(durationDays)],
  ["s3:object-lock-legal-hold", ({ operation }) => unlessUnread(operation.legalHold)],
  ["s3:requestobjecttag", ofObjectTags((tags, member) => tagValue(tags, member))],
  ["s3:requestobjecttagkeys", ofObjectTags((tags) => tags.map(({ key }) => key))],
  ["s3:existingobjecttag", existingTag],
  ["s3:objectcreationoperation", ({ operation }) => boolean(operation.isObjectCreation)],
  ["s3:locationconstraint", ({ operation }) => unlessUnread(operation.locationConstraint)],
  ["s3:annotation-prefix", ({ operation }) => operation.annotationPrefix],
  ["s3:max-annotation-results", ({ operation }) => number(operation.maxAnnotationResults)],
  ["s3:inventoryaccessibleoptionalfields", ({ operation }) => operation.inventoryFields],
]);

/**
 * The condition keys of a request. Each is computed when it is asked for, which most never are.
 *
 * @param action in small letters; it has only keys of its own
 */
export function requestContext(facts: RequestFacts, action: string): PolicyContext {
  return lazyContext(facts, ({ name, member = "" }) =>
    hasKey(action, name) ? KEYS.get(name)?.(facts, member) : undefined,
  );
}

function signatureAge({ signature, nowMs }: RequestFacts): KeyValue {
  const signedMs = signature?.signedMs;
  return signedMs === undefined ? undefined : String(Math.max(nowMs - signedMs, 0));
}

function copySource({ operation }: RequestFacts): KeyValue {
  const source = operation.copySource;
  return source && `${source.bucket}/${source.key}`;
}

function ofRetention(read: (retention: Retention, nowMs: number) => KeyValue): ReadKey {
  return ({ operation: { retention }, nowMs }) => {
    if (retention === "unread") return NEEDS_OBJECT;
    return retention && read(retention, nowMs);
  };
}

function ofEventHold(read: (eventHold: EventHold) => KeyValue): ReadKey {
  return ({ operation: { eventHold } }) => {
    if (eventHold === "unread") return NEEDS_OBJECT;
    return eventHold && read(eventHold);
  };
}

/** A year has 365: the key knows days only. */
function durationDays(eventHold: EventHold): KeyValue {
  if (!eventHold.isOn) return undefined;
  return String("days" in eventHold ? eventHold.days : 365 * eventHold.years);
}

function remainingDays({ retainUntilMs }: Retention, nowMs: number): KeyValue {
  return String(Math.ceil((retainUntilMs - nowMs) / DAY_MS));
}

function unlessUnread(value: string | undefined): KeyValue {
  return value === "unread" ? NEEDS_OBJECT : value;
}

type ReadTags = (tags: TagSet, member: string) => KeyValue;

function ofObjectTags(read: ReadTags): ReadKey {
  return ({ operation: { objectTags } }, member) => ofTags(objectTags, read, member);
}

function ofBucketTags(read: ReadTags): ReadKey {
  return ({ operation: { bucketTags } }, member) => ofTags(bucketTags, read, member);
}

function ofTags(tags: TagSet | Unread | undefined, read: ReadTags, member: string): KeyValue {
  if (tags === "unread") return NEEDS_OBJECT;
  return tags && read(tags, member);
}

function existingTag({ object }: RequestFacts, member: string): KeyValue {
  if (object === "unread") return NEEDS_OBJECT;
  return object === "none" ? undefined : tagValue(object.tags, member);
}

function boolean(value: boolean | undefined): KeyValue {
  return value === undefined ? undefined : String(value);
}
