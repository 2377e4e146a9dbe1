import type { ConditionRefusal } from "./write-conditions.ts";
import { type ErrorCode, type ErrorDetail, S3Error } from "./errors.ts";
import { REPLICA_HEADER } from "./replica-header.ts";
import { noSuchUpload } from "./upload-id.ts";
import { isOwnVersionId, notVersionId } from "./version-id.ts";

/** Why the index left a key as it is, as a value: errors lose their properties between Worker and Durable Object. */
export type KeyRefusal =
  | ConditionRefusal
  | {
      readonly ok: false;
      /**
       * `AccessDenied`: the version is locked. `MethodNotAllowed`: it is a delete marker. `SlowDown`: the index is full.
       * `NotOwner`: it is another account's. `ObjectChanged`: it changed all the time. `SourceGone`: what was to be copied is
       * another object by now, or none. `NotVersioned`, `VersionConflict`, `VersionExists`: of a replica, that is not taken.
       */
      readonly reason:
        | "AccessDenied"
        | "AnnotationLimitExceeded"
        | "InternalError"
        | "KeyMoving"
        | "MethodNotAllowed"
        | "NoSuchAnnotation"
        | "NoSuchVersion"
        | "NotOwner"
        | "NotVersioned"
        | "ObjectChanged"
        | "QuotaExceeded"
        | "RequestTimeout"
        | "SlowDown"
        | "SourceGone"
        | "VersionConflict"
        | "VersionExists";
    };

/** What the request was about. */
export interface Refused {
  readonly key: string;
  /** As it was asked for; undefined: the current version. */
  readonly versionId?: string | undefined;
  /** Of the request, for the answer to one that meets a delete marker. */
  readonly method?: string;
}

/** The error for what the index has refused. */
export function refusalError(refusal: KeyRefusal, refused: Refused): S3Error {
  const { versionId } = refused;
  if (refusal.reason === "NoSuchVersion" && versionId !== undefined && !isOwnVersionId(versionId))
    return notVersionId(versionId);
  return new S3Error(codeOf(refusal), refusalDetail(refusal, refused));
}

const CODES = {
  KeyMoving: "SlowDown",
  NotOwner: "AccessDenied",
  NotVersioned: "InvalidBucketState",
  ObjectChanged: "SlowDown",
  SourceGone: "SlowDown",
  VersionConflict: "InvalidRequest",
  VersionExists: "PreconditionFailed",
} as const satisfies Partial<Record<KeyRefusal["reason"], ErrorCode>>;

/** The code of the error for it. */
export function codeOf({ reason }: KeyRefusal): ErrorCode {
  return reason in CODES ? CODES[reason as keyof typeof CODES] : (reason as ErrorCode);
}

/**
 * What AWS adds to each of these errors.
 *
 * Source: https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3_api.snapshot.json
 */
export function refusalDetail(
  refusal: KeyRefusal,
  { key, versionId, method = "GET" }: Refused,
): ErrorDetail {
  switch (refusal.reason) {
    case "PreconditionFailed":
      return { fields: { Condition: refusal.condition } };
    case "AccessDenied":
      return { message: "Access Denied because object protected by object lock." };
    case "MethodNotAllowed":
      return {
        fields: { Method: method, ResourceType: "DeleteMarker" },
        headers: { Allow: "DELETE", "x-amz-delete-marker": "true" },
      };
    case "SlowDown":
      return { message: INDEX_FULL };
    case "InternalError":
    case "KeyMoving":
    case "NotOwner":
    case "NotVersioned":
    case "ObjectChanged":
    case "QuotaExceeded":
    case "RequestTimeout":
    case "SourceGone":
    case "VersionConflict":
      return {};
    case "VersionExists":
      return { fields: { Condition: REPLICA_HEADER } };
    case "AnnotationLimitExceeded":
    case "NoSuchAnnotation":
    case "NoSuchKey":
    case "NoSuchVersion":
  }
  return { fields: { Key: key, ...(versionId !== undefined && { VersionId: versionId }) } };
}

const INDEX_FULL =
  "The bucket's index has no room for more data. Delete objects, or versions by their ids, and try again when they are cleaned up.";

/** The error for what would add to a full index. */
export function indexFull(): S3Error {
  return new S3Error("SlowDown", { message: INDEX_FULL });
}

/** Why the index has not taken a part. */
interface PartRefusal {
  readonly reason: "NoSuchUpload" | "QuotaExceeded" | "RequestTimeout" | "SourceGone";
}

/** The error for a part that the index has refused. */
export function partRefusalError({ reason }: PartRefusal, uploadId: string): S3Error {
  if (reason === "NoSuchUpload") return noSuchUpload(uploadId);
  return new S3Error(reason === "SourceGone" ? "SlowDown" : reason);
}
