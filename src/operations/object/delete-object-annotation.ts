import { mayBypassGovernance } from "../../domain/access/extra-permission.ts";
import { annotatedVersionHeaders, parseObjectIfMatch } from "../../protocol/annotation-headers.ts";
import { parseAnnotationName } from "../../protocol/annotation-parameters.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import { refusalError } from "../../protocol/refusal.ts";
import { parseVersionId } from "../../protocol/version-id.ts";
import { onVersion } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";

/**
 * `DELETE /{bucket}/{key}?annotation&annotationName=`: removes an annotation for good; one that does not exist is removed
 * already.
 *
 * Errors: AccessDenied (the version is locked), MethodNotAllowed (a delete marker), NoSuchKey, NoSuchVersion,
 * PreconditionFailed.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectAnnotation.html
 */
export const deleteObjectAnnotation: ObjectOperation = {
  name: "DeleteObjectAnnotation",
  scope: "object",
  access: onVersion("DeleteObjectAnnotation"),
  needsObject: true,
  async handle(context) {
    const { request, index, key } = context;
    const { method, headers, query } = request;
    const version = { key, versionId: parseVersionId(query) };
    const outcome = await index.changeAnnotation(version, {
      kind: "remove",
      name: parseAnnotationName(query),
      ifMatch: parseObjectIfMatch(headers),
      bypassesGovernance: await mayBypassGovernance(context, version),
    });
    if (!outcome.ok) throw refusalError(outcome, { ...version, method });
    return emptyResponse(204, annotatedVersionHeaders(outcome.versionId));
  },
};
