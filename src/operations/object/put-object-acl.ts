import { changeObjectAcl } from "../../domain/access/change-object-acl.ts";
import { readDocument } from "../../domain/body/read-document.ts";
import { REFUSED_OF_WRITES } from "../../protocol/refused-headers.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import { versionHeaders } from "../../protocol/version-headers.ts";
import { onVersion } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";

/**
 * `PUT /{bucket}/{key}?acl`: puts an ACL, as `x-amz-acl`, as `x-amz-grant-*`, or as a document, in the place of the one that the
 * object has. The owner stays, and may always read and put it.
 *
 * Errors: AccessControlListNotSupported, AccessDenied (another Owner than it has; a public ACL where those are blocked),
 * InvalidArgument, InvalidRequest and UnexpectedContent (two ACLs), MalformedACLError, MethodNotAllowed (a delete marker),
 * MissingSecurityHeader (none), NoSuchKey, NoSuchVersion, SlowDown, UnresolvableGrantByEmailAddress.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html
 */
export const putObjectAcl: ObjectOperation = {
  name: "PutObjectAcl",
  scope: "object",
  access: onVersion("PutObjectAcl"),
  needsObject: true,
  refuses: REFUSED_OF_WRITES,
  async handle(context) {
    const document = await readDocument(context);
    const versionId = await changeObjectAcl(context, document);
    return emptyResponse(200, versionHeaders(versionId));
  },
};
