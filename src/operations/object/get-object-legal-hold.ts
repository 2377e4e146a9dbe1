import { requireObjectLock } from "../../domain/bucket-lock.ts";
import { readVersion } from "../../domain/object-version.ts";
import { S3Error } from "../../protocol/errors.ts";
import { legalHoldContent } from "../../protocol/object-lock.ts";
import { xmlResponse } from "../../protocol/respond.ts";
import { onObject } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";

/**
 * `GET /{bucket}/{key}?legal-hold`: ON or OFF, if anybody has ever said.
 *
 * Errors: InvalidRequest (a bucket without Object Lock), NoSuchObjectLockConfiguration, NoSuchKey, NoSuchVersion,
 * MethodNotAllowed (a delete marker).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectLegalHold.html
 */
export const getObjectLegalHold: ObjectOperation = {
  name: "GetObjectLegalHold",
  scope: "object",
  access: onObject("GetObjectLegalHold"),
  needsObject: true,
  async handle(context) {
    await requireObjectLock(context);
    const { hasLegalHold } = (await readVersion(context)).attributes;
    if (hasLegalHold === undefined) throw new S3Error("NoSuchObjectLockConfiguration");
    return xmlResponse("LegalHold", legalHoldContent(hasLegalHold));
  },
};
