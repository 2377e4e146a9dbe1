import { respondWithObject } from "../../domain/read-object.ts";
import { onVersion } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";

/**
 * `GET /{bucket}/{key}`: streams an object, whole or one byte range.
 *
 * Errors: NoSuchKey, PreconditionFailed, InvalidRange, InvalidPartNumber, InvalidRequest.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export const getObject: ObjectOperation = {
  name: "GetObject",
  scope: "object",
  access: onVersion("GetObject"),
  needsObject: true,
  handle(context) {
    return respondWithObject(context, context.request, context.key);
  },
};
