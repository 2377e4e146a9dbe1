import { mayBypassGovernance, refusalsOf } from "../../domain/access/extra-permission.ts";
import { removalPermissions } from "../../domain/access/removal-permission.ts";
import { S3Error } from "../../protocol/errors.ts";
import { broughtVersion } from "../../domain/brought-version.ts";
import { parseRemovalConditions } from "../../protocol/write-conditions.ts";
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
 * Errors: PreconditionFailed, NoSuchKey (a condition on a missing key), AccessDenied (the version is locked, or the object is
 * another account's).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
 */
export const deleteObject: ObjectOperation = {
  name: "DeleteObject",
  scope: "object",
  access: onVersion("DeleteObject"),
  decidesByKey: true,
  async handle(context) {
    const { request, index, key, gate } = context;
    const { query, headers } = request;
    const versionId = parseVersionId(query);
    const target = { key, versionId };
    const replica = versionId === undefined ? broughtVersion(context) : undefined;
    const [permission] = gate === undefined ? [] : await removalPermissions(context, [target]);
    if (permission instanceof S3Error) throw permission;
    if (replica !== undefined) {
      const [refusal] = await refusalsOf(context, "ReplicateDelete", [target]);
      if (refusal !== undefined) throw refusal;
    }
    const outcome = await index.remove({
      key,
      versionId,
      conditions: parseRemovalConditions(headers),
      bypassesGovernance: await mayBypassGovernance(context, target),
      ...(replica !== undefined && { replica }),
      ...(permission !== undefined && { onlyIfOwner: permission }),
    });
    if (outcome.ok) return emptyResponse(204, versionHeaders(outcome.versionId, outcome.isMarker));
    throw refusalError(outcome, target);
  },
};
