import { readDocument } from "../../domain/body/read-document.ts";
import { requireObject } from "../../domain/found-object.ts";
import { integer, object, oneOf, optional, text } from "../../lib/xml-shape.ts";
import { S3Error } from "../../protocol/errors.ts";
import { readXml } from "../../protocol/read-xml.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import { isArchival } from "../../protocol/storage-class.ts";
import { versionHeaders } from "../../protocol/version-headers.ts";
import { parseVersionId } from "../../protocol/version-id.ts";
import { WANTS_HEADERS } from "../../storage/ports/content-index.ts";
import { onObject } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";

const MAX_DOCUMENT_BYTES = 64 * 1024;

const Tier = optional(oneOf("Standard", "Bulk", "Expedited"));

const RestoreRequest = object({
  Days: optional(integer),
  /** A query of the content. */
  Type: optional(oneOf("SELECT")),
  GlacierJobParameters: optional(object({ Tier })),
  Tier,
  Description: optional(text),
});

/**
 * `POST /{bucket}/{key}?restore`: asks for an archived object to be readable. Here it is, always: the answer is that of
 * AWS for one that is restored already.
 *
 * Errors: InvalidArgument, InvalidObjectState (not of an archival storage class), MalformedXML, MethodNotAllowed (a delete
 * marker), NoSuchKey, NoSuchVersion, NotImplemented (a query).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html
 */
export const restoreObject: ObjectOperation = {
  name: "RestoreObject",
  scope: "object",
  access: onObject("RestoreObject"),
  needsObject: true,
  async handle(context) {
    const { request, index, key } = context;
    const versionId = parseVersionId(request.query);
    const document = await readDocument(context, MAX_DOCUMENT_BYTES);
    const found = await index.read(key, { ...WANTS_HEADERS, versionId });
    const record = requireObject(found, key, versionId);
    if (!isArchival(record.storageClass))
      throw new S3Error("InvalidObjectState", {
        message: "Restore is not allowed for the object's current storage class",
        fields: { StorageClass: record.storageClass },
      });
    const { Days, Type } = readXml(document, "RestoreRequest", RestoreRequest);
    if (Type !== undefined)
      throw new S3Error("NotImplemented", { message: "SELECT requests are not implemented" });
    if (Days === undefined || Days < 1) throw new S3Error("MalformedXML");
    return emptyResponse(200, versionHeaders(record.versionId));
  },
};
