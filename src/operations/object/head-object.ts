import { respondWithHeaders } from "../../domain/read-object.ts";
import { onVersion } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";

/**
 * `HEAD /{bucket}/{key}`: the headers of GetObject, Content-Length included, without the body.
 *
 * Errors, by status only: NoSuchKey, PreconditionFailed, InvalidRange, InvalidPartNumber, InvalidRequest.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
 */
export const headObject: ObjectOperation = {
  name: "HeadObject",
  scope: "object",
  access: onVersion("GetObject"),
  needsObject: true,
  handle(context) {
    return respondWithHeaders(context, context.request, context.key);
  },
};
