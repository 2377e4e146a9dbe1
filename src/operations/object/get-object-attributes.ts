import {
  requireCustomerKey,
  requireReadableBytes,
} from "../../domain/encryption/open-encryption.ts";
import { requireObject } from "../../domain/found-object.ts";
import { formatHttpDate } from "../../lib/http-date.ts";
import type { XmlContent, XmlNode } from "../../lib/xml-writer.ts";
import { checksumElement, checksumValueNodes } from "../../protocol/checksum-headers.ts";
import { parseCustomerKey } from "../../protocol/encryption/customer-key.ts";
import { refuseEncryption } from "../../protocol/encryption/requested-encryption.ts";
import {
  type ObjectAttributesParameters,
  parseObjectAttributes,
} from "../../protocol/object-attributes.ts";
import type { ObjectRecord, StoredChecksum } from "../../protocol/object-record.ts";
import { xmlResponse } from "../../protocol/respond.ts";
import { versionHeaders } from "../../protocol/version-headers.ts";
import { parseVersionId } from "../../protocol/version-id.ts";
import {
  type ContentIndex,
  type Wanted,
  WANTS_HEADERS,
} from "../../storage/ports/content-index.ts";
import { NO_PARTS, pageOf } from "../listing.ts";
import { onVersion } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";

/** The index tells which content has the parts only to who asks for one of them; its bytes are not wanted. */
const WANTS_PARTS: Wanted = { ...WANTS_HEADERS, partNumber: 1 };

/**
 * `GET /{bucket}/{key}?attributes`: what HeadObject tells, and the parts of a multipart object.
 *
 * Errors: NoSuchKey, NoSuchVersion, MethodNotAllowed (a delete marker), InvalidRequest, InvalidArgument, AccessDenied (under a KMS key
 * of another account).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
 */
export const getObjectAttributes: ObjectOperation = {
  name: "GetObjectAttributes",
  scope: "object",
  access: onVersion("GetObject", "GetObjectAttributes"),
  needsObject: true,
  async handle(context) {
    const { request, bucket, index, contents, key } = context;
    refuseEncryption(request.headers);
    const customerKey = parseCustomerKey(request.headers);
    const versionId = parseVersionId(request.query);
    const parameters = parseObjectAttributes(request.headers);
    const { attributes } = parameters;
    const asksForParts = attributes.has("ObjectParts");
    const wanted = { ...(asksForParts ? WANTS_PARTS : WANTS_HEADERS), versionId };
    const record = requireObject(await index.read(key, wanted), key, versionId);
    requireCustomerKey(bucket.id, record.encryption, customerKey);
    requireReadableBytes(context, record.encryption);

    const { etag, checksum, storageClass, sizeBytes, lastModifiedMs } = record;
    const parts = asksForParts ? await partsContent(contents, record, parameters) : undefined;
    const document: readonly XmlNode[] = [
      ["ETag", attributes.has("ETag") ? etag : undefined],
      ["Checksum", attributes.has("Checksum") ? checksumContent(checksum) : undefined],
      ["ObjectParts", parts],
      ["StorageClass", attributes.has("StorageClass") ? storageClass : undefined],
      ["ObjectSize", attributes.has("ObjectSize") ? sizeBytes : undefined],
    ];
    const headers = {
      "last-modified": formatHttpDate(lastModifiedMs),
      ...versionHeaders(record.versionId),
    };
    return xmlResponse("GetObjectAttributesResponse", document, { headers });
  },
};

function checksumContent(checksum: StoredChecksum | undefined): XmlContent | undefined {
  if (checksum === undefined) return undefined;
  const { algorithm, value, type } = checksum;
  return [
    // Here, and only here, AWS leaves out how many parts a composite one is of.
    [checksumElement(algorithm), value.split("-", 1)[0]],
    ["ChecksumType", type],
  ];
}

/** The parts are listed with or without checksums; AWS only counts those that are not part of a composite checksum. */
async function partsContent(
  contents: ContentIndex,
  { content }: ObjectRecord,
  { partNumberMarker, maxParts }: ObjectAttributesParameters,
): Promise<XmlContent | undefined> {
  if (content?.kind !== "stitched") return undefined;
  const { parts, isTruncated } = await pageOf(maxParts, NO_PARTS, (limit) =>
    contents.listParts(content.contentId, partNumberMarker, limit),
  );
  return [
    ["IsTruncated", isTruncated],
    ["MaxParts", maxParts],
    ["NextPartNumberMarker", parts.at(-1)?.partNumber ?? 0],
    ["PartNumberMarker", partNumberMarker],
    ...parts.map(({ partNumber, sizeBytes, checksum }): XmlNode => [
      "Part",
      [...checksumValueNodes(checksum), ["PartNumber", partNumber], ["Size", sizeBytes]],
    ]),
    ["PartsCount", content.partCount],
  ];
}
