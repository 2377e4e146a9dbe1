import { respondWithObject } from "../../domain/read-object.ts";
import type { ObjectOperation } from "../operation.ts";

/**
 * `HEAD /{bucket}/{key}`: the headers of GetObject, Content-Length included, without the body.
 *
 * Errors, by status only: NoSuchKey, PreconditionFailed, InvalidRange, InvalidPartNumber.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
 */
export const headObject: ObjectOperation = {
  name: "HeadObject",
  scope: "object",
  handle: (context) => respondWithObject(context, context.request, context.key, false),
};
