import { ownerOf } from "../../domain/bucket-owner.ts";
import { requireObject } from "../../domain/found-object.ts";
import { versionHeaders } from "../../protocol/version-headers.ts";
import { parseVersionId } from "../../protocol/version-id.ts";
import { WANTS_HEADERS } from "../../storage/ports/content-index.ts";
import { onVersion } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";
import { ownerAcl } from "../owner-acl.ts";

/**
 * `GET /{bucket}/{key}?acl`: the ACL that every object is made with. It cannot be changed yet.
 *
 * Errors: NoSuchKey (a delete marker that is the current version, too), NoSuchVersion, MethodNotAllowed (a delete marker by
 * its id).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAcl.html
 */
export const getObjectAcl: ObjectOperation = {
  name: "GetObjectAcl",
  scope: "object",
  access: onVersion("GetObjectAcl"),
  needsObject: true,
  async handle({ request, bucket, index, key, settings }) {
    const asked = parseVersionId(request.query);
    const found = await index.read(key, { ...WANTS_HEADERS, versionId: asked });
    const { versionId } = requireObject(found, key, asked);
    return ownerAcl(ownerOf(bucket, settings.account), versionHeaders(versionId));
  },
};
