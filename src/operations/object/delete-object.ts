import { parseRemovalConditions } from "../../protocol/write-conditions.ts";
import { bypassesGovernance } from "../../protocol/governance-bypass.ts";
import { refusalError } from "../../protocol/refusal.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import { versionHeaders } from "../../protocol/version-headers.ts";
import { parseVersionId } from "../../protocol/version-id.ts";
import { onVersion } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";

/**
 * `DELETE /{bucket}/{key}`: removes an object; one that does not exist is removed already. In a bucket with versions it
 * makes a delete marker; with `?versionId` it removes that version for good.
 *
 * Errors: PreconditionFailed, NoSuchKey (a condition on a missing key), AccessDenied (the version is locked).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
 */
export const deleteObject: ObjectOperation = {
  name: "DeleteObject",
  scope: "object",
  access: onVersion("DeleteObject"),
  async handle({ request: { query, headers }, index, key }) {
    const outcome = await index.remove({
      key,
      versionId: parseVersionId(query),
      conditions: parseRemovalConditions(headers),
      bypassesGovernance: bypassesGovernance(headers),
    });
    if (outcome.ok) return emptyResponse(204, versionHeaders(outcome.versionId, outcome.isMarker));
    throw refusalError(outcome, { key });
  },
};
