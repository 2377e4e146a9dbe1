import { decideOnDocument } from "../../domain/access/extra-permission.ts";
import { readDocument } from "../../domain/body/read-document.ts";
import { changeVersion } from "../../domain/object-version.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import { readTagging } from "../../protocol/tags.ts";
import { versionHeaders } from "../../protocol/version-headers.ts";
import { onVersion } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";

/**
 * `PUT /{bucket}/{key}?tagging`: these tags and no others, up to 10. Neither Last-Modified nor the ETag change.
 *
 * Errors: MalformedXML, InvalidTag, BadDigest, NoSuchKey, NoSuchVersion, MethodNotAllowed (a delete marker).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html
 */
export const putObjectTagging: ObjectOperation = {
  name: "PutObjectTagging",
  scope: "object",
  access: onVersion("PutObjectTagging"),
  needsObject: true,
  async handle(context) {
    const document = await readDocument(context);
    const tags = readTagging(document);
    await decideOnDocument(context, { objectTags: tags });
    const versionId = await changeVersion(context, { kind: "tags", tags });
    return emptyResponse(200, versionHeaders(versionId));
  },
};
