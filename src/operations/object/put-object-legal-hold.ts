import { decideOnDocument } from "../../domain/access/extra-permission.ts";
import { readVouchedDocument } from "../../domain/body/vouched-body.ts";
import { requireObjectLock } from "../../domain/bucket-lock.ts";
import { changeVersion } from "../../domain/object-version.ts";
import { readLegalHold } from "../../protocol/object-lock.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import { onObject } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";

/**
 * `PUT /{bucket}/{key}?legal-hold`: while it is ON, the version may not be removed, by anybody.
 *
 * Errors: InvalidRequest (a bucket without Object Lock; nothing vouches for the body), MalformedXML, BadDigest, NoSuchKey,
 * NoSuchVersion, MethodNotAllowed (a delete marker).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLegalHold.html
 */
export const putObjectLegalHold: ObjectOperation = {
  name: "PutObjectLegalHold",
  scope: "object",
  access: onObject("PutObjectLegalHold"),
  needsObject: true,
  async handle(context) {
    const hasLegalHold = readLegalHold(await readVouchedDocument(context));
    await decideOnDocument(context, { legalHold: hasLegalHold ? "ON" : "OFF" });
    await requireObjectLock(context);
    await changeVersion(context, { kind: "legal-hold", hasLegalHold });
    return emptyResponse(200);
  },
};
