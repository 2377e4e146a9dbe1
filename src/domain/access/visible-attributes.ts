import type { ObjectAttributes, ObjectRecord } from "../../protocol/object-record.ts";
import type { Gate } from "./gate.ts";
import { versionAction } from "./request-facts.ts";

/**
 * What a read tells of tags, retention, event hold, and legal hold: only what the caller could ask for.
 *
 * @param versionId as it was asked for
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html, of the headers `x-amz-tagging-count` and
 * `x-amz-object-lock-*`
 */
export function visibleAttributes(
  object: ObjectRecord,
  gate: Gate,
  versionId: string | undefined,
): ObjectAttributes {
  const { key, attributes } = object;
  const { tags, retention, hasLegalHold, eventHold } = attributes;
  const may = (action: string): boolean =>
    gate.refusalOf({ action, on: "object" }, { key, versionId, object }) === undefined;
  return {
    ...attributes,
    tags: tags.length > 0 && may(versionAction("GetObjectTagging", versionId)) ? tags : [],
    ...((retention !== undefined || eventHold !== undefined) &&
      !may("s3:GetObjectRetention") && { retention: undefined, eventHold: undefined }),
    hasLegalHold:
      hasLegalHold !== undefined && may("s3:GetObjectLegalHold") ? hasLegalHold : undefined,
  };
}
