import { S3Error } from "../../protocol/errors.ts";
import { lockConfigurationContent } from "../../protocol/object-lock.ts";
import { xmlResponse } from "../../protocol/respond.ts";
import type { BucketOperation } from "../operation.ts";

/**
 * `GET /{bucket}?object-lock`.
 *
 * Errors: ObjectLockConfigurationNotFoundError.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectLockConfiguration.html
 */
export const getObjectLockConfiguration: BucketOperation = {
  name: "GetObjectLockConfiguration",
  scope: "bucket",
  async handle({ bucket: { name, configuration } }) {
    if (configuration.objectLock === undefined)
      throw new S3Error("ObjectLockConfigurationNotFoundError", { fields: { BucketName: name } });
    return xmlResponse(
      "ObjectLockConfiguration",
      lockConfigurationContent(configuration.objectLock),
    );
  },
};
