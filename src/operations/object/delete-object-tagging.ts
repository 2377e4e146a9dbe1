import { changeVersion } from "../../domain/object-version.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import { versionHeaders } from "../../protocol/version-headers.ts";
import { onVersion } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";

/**
 * `DELETE /{bucket}/{key}?tagging`: takes all tags away.
 *
 * Errors: NoSuchKey, NoSuchVersion, MethodNotAllowed (a delete marker).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectTagging.html
 */
export const deleteObjectTagging: ObjectOperation = {
  name: "DeleteObjectTagging",
  scope: "object",
  access: onVersion("DeleteObjectTagging"),
  needsObject: true,
  async handle(context) {
    const versionId = await changeVersion(context, { kind: "tags", tags: [] });
    return emptyResponse(204, versionHeaders(versionId));
  },
};
