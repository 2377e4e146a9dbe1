import { readVersion } from "../../domain/object-version.ts";
import { versionHeaders } from "../../protocol/version-headers.ts";
import type { ObjectOperation } from "../operation.ts";
import { ownerAcl } from "../owner-acl.ts";

/**
 * `GET /{bucket}/{key}?acl`: the ACL that every object is made with. It cannot be changed yet.
 *
 * Errors: NoSuchKey, NoSuchVersion, MethodNotAllowed (a delete marker).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAcl.html
 */
export const getObjectAcl: ObjectOperation = {
  name: "GetObjectAcl",
  scope: "object",
  async handle(context) {
    const { versionId } = await readVersion(context);
    return ownerAcl(context.settings.account, versionHeaders(versionId));
  },
};
