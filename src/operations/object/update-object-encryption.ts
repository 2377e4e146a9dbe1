import { readVouchedDocument } from "../../domain/body/vouched-body.ts";
import { rewrapKey } from "../../domain/encryption/rewrap-key.ts";
import { boolean, object, one, optional, text } from "../../lib/xml-shape.ts";
import { readXml } from "../../protocol/read-xml.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import { onObject } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";

const ObjectEncryption = object({
  "SSE-KMS": one(object({ KMSKeyArn: one(text), BucketKeyEnabled: optional(boolean) })),
});

/**
 * `PUT /{bucket}/{key}?encryption`: has the key of an object that is encrypted with SSE-S3 or SSE-KMS wrapped with a KMS key. Its
 * bytes, its ETag, and its time stay.
 *
 * Errors: AccessDenied (it is retained under COMPLIANCE), InvalidRequest (encrypted otherwise or not at all; no ARN of a key),
 * KMS.NotFoundException, MalformedXML, MethodNotAllowed (a delete marker), NoSuchKey, NoSuchVersion.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_UpdateObjectEncryption.html
 */
export const updateObjectEncryption: ObjectOperation = {
  name: "UpdateObjectEncryption",
  scope: "object",
  access: onObject("UpdateObjectEncryption"),
  needsObject: true,
  async handle(context) {
    const document = await readVouchedDocument(context);
    const { "SSE-KMS": asked } = readXml(document, "ObjectEncryption", ObjectEncryption);
    const { KMSKeyArn, BucketKeyEnabled = false } = asked;
    await rewrapKey(context, KMSKeyArn, BucketKeyEnabled);
    return emptyResponse(200);
  },
};
