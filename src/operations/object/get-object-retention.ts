import { requireObjectLock } from "../../domain/bucket-lock.ts";
import { readVersion } from "../../domain/object-version.ts";
import { S3Error } from "../../protocol/errors.ts";
import { retentionContent } from "../../protocol/object-lock.ts";
import { xmlResponse } from "../../protocol/respond.ts";
import { onObject } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";

/**
 * `GET /{bucket}/{key}?retention`: what retains a version, even if that has ended, and its event hold.
 *
 * Errors: InvalidRequest (a bucket without Object Lock), NoSuchObjectLockConfiguration, NoSuchKey, NoSuchVersion,
 * MethodNotAllowed (a delete marker).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectRetention.html
 */
export const getObjectRetention: ObjectOperation = {
  name: "GetObjectRetention",
  scope: "object",
  access: onObject("GetObjectRetention"),
  needsObject: true,
  async handle(context) {
    await requireObjectLock(context);
    const { attributes } = await readVersion(context);
    if (attributes.retention === undefined && attributes.eventHold === undefined)
      throw new S3Error("NoSuchObjectLockConfiguration");
    return xmlResponse("Retention", retentionContent(attributes));
  },
};
