import { readVersion } from "../../domain/object-version.ts";
import { REFUSED_OF_WRITES } from "../../protocol/refused-headers.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import { versionHeaders } from "../../protocol/version-headers.ts";
import { onVersion } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";
import { requireUnchangedAcl } from "../unchanged-acl.ts";

/**
 * `PUT /{bucket}/{key}?acl`: a success for the ACL that every object has, and for no other.
 *
 * Errors: NotImplemented, NoSuchKey, NoSuchVersion, MethodNotAllowed (a delete marker), and as `requireUnchangedAcl`.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html
 */
export const putObjectAcl: ObjectOperation = {
  name: "PutObjectAcl",
  scope: "object",
  access: onVersion("PutObjectAcl"),
  needsObject: true,
  refuses: REFUSED_OF_WRITES,
  async handle(context) {
    await requireUnchangedAcl("PutObjectAcl", context);
    const { versionId } = await readVersion(context);
    return emptyResponse(200, versionHeaders(versionId));
  },
};
