import { readVersion } from "../../domain/object-version.ts";
import { xmlResponse } from "../../protocol/respond.ts";
import { taggingContent } from "../../protocol/tags.ts";
import { versionHeaders } from "../../protocol/version-headers.ts";
import { onVersion } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";

/**
 * `GET /{bucket}/{key}?tagging`: the tags of an object or a version of it, perhaps none.
 *
 * Errors: NoSuchKey, NoSuchVersion, MethodNotAllowed (a delete marker).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html
 */
export const getObjectTagging: ObjectOperation = {
  name: "GetObjectTagging",
  scope: "object",
  access: onVersion("GetObjectTagging"),
  needsObject: true,
  async handle(context) {
    // AWS's NoSuchKey has the bucket in its `Key` here, and only here (seen 2025-03).
    const name = `${context.bucket.name}/${context.key}`;
    const { versionId, attributes } = await readVersion(context, name);
    return xmlResponse("Tagging", taggingContent(attributes.tags), {
      headers: versionHeaders(versionId),
    });
  },
};
