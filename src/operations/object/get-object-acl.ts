import { latestFacts } from "../../domain/access/latest-facts.ts";
import { aclToShow } from "../../domain/access/shown-acl.ts";
import { requireObject } from "../../domain/found-object.ts";
import { aclContent } from "../../protocol/acl/acl-document.ts";
import { aclOfAccess } from "../../protocol/acl/stored-acl.ts";
import { xmlResponse } from "../../protocol/respond.ts";
import { versionHeaders } from "../../protocol/version-headers.ts";
import { parseVersionId } from "../../protocol/version-id.ts";
import { WANTS_HEADERS } from "../../storage/ports/content-index.ts";
import { onVersion } from "../access.ts";

import type { ObjectOperation } from "../operation.ts";

/**
 * `GET /{bucket}/{key}?acl`: the ACL of an object. Where ACLs do not count, it is full control for the bucket's owner; where the
 * public's grants are ignored, they are not shown.
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
  async handle(context) {
    const { request, index, key } = context;
    const facts = latestFacts(context);
    const asked = parseVersionId(request.query);
    const found = await index.read(key, { ...WANTS_HEADERS, versionId: asked });
    const { versionId, access } = requireObject(found, key, asked);
    const bucket = facts();
    const acl = aclToShow(aclOfAccess(access, bucket.owner), bucket);
    return xmlResponse("AccessControlPolicy", aclContent(acl), {
      headers: versionHeaders(versionId),
    });
  },
};
