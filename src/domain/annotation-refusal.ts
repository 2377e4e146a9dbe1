import { type ErrorDetail, S3Error } from "../protocol/errors.ts";
import type {
  AnnotatedVersion,
  AnnotationChangeOutcome,
  AnnotationReadOutcome,
} from "../storage/annotation-index.ts";

type Reason = Extract<
  AnnotationChangeOutcome | AnnotationReadOutcome,
  { readonly ok: false }
>["reason"];

/** What AWS adds to some of the errors. */
const DETAILS: Readonly<Partial<Record<Reason, ErrorDetail>>> = {
  AccessDenied: { message: "Access Denied because object protected by object lock." },
  MethodNotAllowed: {
    fields: { ResourceType: "DeleteMarker" },
    headers: { Allow: "DELETE", "x-amz-delete-marker": "true" },
  },
  PreconditionFailed: { fields: { Condition: "x-amz-object-if-match" } },
};

/** The error for an effect on the annotations of a version that the index has refused. */
export function annotationRefusal(reason: Reason, { key, versionId }: AnnotatedVersion): S3Error {
  const fields = { Key: key, ...(versionId !== undefined && { VersionId: versionId }) };
  return new S3Error(reason, DETAILS[reason] ?? { fields });
}
