import type { StoredChecksum } from "../../protocol/object-record.ts";
import type { DecidedOnObject, ObjectChanged } from "./decided-on.ts";
import type { ConditionRefusal } from "../../protocol/write-conditions.ts";

/** What a listing knows of an annotation. */
export interface AnnotationSummary {
  readonly name: string;
  readonly sizeBytes: number;
  /** MD5 as hex, without quotes. */
  readonly etag: string;
  readonly lastModifiedMs: number;
  readonly checksum: StoredChecksum | undefined;
}

export interface AnnotationDraft {
  readonly name: string;
  /** UTF-8. */
  readonly payload: Uint8Array;
  readonly etag: string;
  readonly checksum: StoredChecksum | undefined;
}

/** The version that is annotated. */
export interface AnnotatedVersion {
  readonly key: string;
  /** Undefined: the current one. */
  readonly versionId: string | undefined;
  /** As it was when it was decided that the call is let in; undefined: that does not depend on it. */
  readonly decidedOn?: DecidedOnObject | undefined;
}

export type AnnotationChange = {
  /** `x-amz-object-if-match`: the ETag that the version must have, without quotes, or `*`. */
  readonly ifMatch: string | undefined;
  /** GOVERNANCE retention does not count. */
  readonly bypassesGovernance: boolean;
  /** A replica becomes as its source is. */
  readonly isOfReplica?: true;
  /** The version has got another key, in another shard, and this was its before. */
  readonly isOfRename?: true;
} &
  /** In one effect: all or none. */
  (
    | { readonly kind: "put"; readonly annotations: readonly AnnotationDraft[] }
    | { readonly kind: "remove"; readonly name: string }
  );

/** `MethodNotAllowed`: it is a delete marker. */
export interface NoVersion {
  readonly ok: false;
  readonly reason: "NoSuchKey" | "NoSuchVersion" | "MethodNotAllowed";
}

interface Annotated {
  readonly ok: true;
  /** Undefined: the bucket never had versions. */
  readonly versionId: string | undefined;
}

/** `AccessDenied`: the version is locked, and what it is annotated with may not be lost. */
export type AnnotationChangeOutcome =
  | Annotated
  | NoVersion
  | ObjectChanged
  | ConditionRefusal
  | {
      readonly ok: false;
      readonly reason: "AccessDenied" | "AnnotationLimitExceeded" | "QuotaExceeded";
    };

export type AnnotationReadOutcome =
  | (Annotated & { readonly annotation: AnnotationSummary & { readonly payload: Uint8Array } })
  | NoVersion
  | ObjectChanged
  | { readonly ok: false; readonly reason: "NoSuchAnnotation" };

export interface ListAnnotationsQuery {
  readonly withPayloads: boolean;
  readonly prefix: string;
  /** Names after this one; empty: from the start. */
  readonly after: string;
  /** 1…1000. */
  readonly limit: number;
}

/** In the order of the names' UTF-8 bytes. */
export type AnnotationPage =
  | (Annotated & {
      /** Of the write that made the version. */
      readonly sequence: number;
      /** Without payload unless that was asked for. */
      readonly annotations: readonly (AnnotationSummary & { readonly payload?: Uint8Array })[];
      readonly isTruncated: boolean;
    })
  | NoVersion
  | ObjectChanged;

/** The annotations of the objects of one bucket; a part of the port `BucketIndex`. */
export interface AnnotationIndex {
  readAnnotation(version: AnnotatedVersion, name: string): Promise<AnnotationReadOutcome>;
  listAnnotations(version: AnnotatedVersion, query: ListAnnotationsQuery): Promise<AnnotationPage>;
  /** To remove what is not there changes nothing. */
  changeAnnotation(
    version: AnnotatedVersion,
    change: AnnotationChange,
  ): Promise<AnnotationChangeOutcome>;
}
