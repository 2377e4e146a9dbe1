import { respondWithObject } from "../../domain/read-object.ts";
import { refuseReadersKey } from "../../protocol/unbuilt-headers.ts";
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
  handle(context) {
    refuseReadersKey(context.request.headers);
    return respondWithObject(context, context.request, context.key, false);
  },
};
