import { parseWriteConditions } from "../../protocol/conditions.ts";
import { S3Error } from "../../protocol/errors.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import { requireNullVersion } from "../../protocol/version-id.ts";
import type { ObjectOperation } from "../operation.ts";

/**
 * `DELETE /{bucket}/{key}`: removes an object; one that does not exist is removed already.
 *
 * Errors: PreconditionFailed, NoSuchKey (a condition on a missing key).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
 */
export const deleteObject: ObjectOperation = {
  name: "DeleteObject",
  scope: "object",
  async handle({ request, index, key }) {
    requireNullVersion(request.query);
    const outcome = await index.remove(key, parseWriteConditions(request.headers));
    if (!outcome.ok) throw new S3Error(outcome.reason, { fields: { Key: key } });
    return emptyResponse(204);
  },
};
