import { isPlainUpload, newObjectAccess } from "../../domain/access/new-object-access.ts";
import { refuseImport } from "../../domain/brought-version.ts";
import { copyContent } from "../../domain/copy-object.ts";
import { readSource, requireCopyOf } from "../../domain/copy-source.ts";
import { uploadEncryption } from "../../domain/encryption/upload-encryption.ts";
import { uploadAttributes } from "../../domain/upload-attributes.ts";
import { formatIsoDate } from "../../lib/http-date.ts";
import { checksumNodes } from "../../protocol/checksum-headers.ts";
import { parseChecksumAlgorithm } from "../../protocol/checksums.ts";
import { checkSourceConditions } from "../../protocol/read-conditions.ts";
import { parseWriteConditions } from "../../protocol/write-conditions.ts";
import { parseAnnotationDirective, parseDirective } from "../../protocol/copy-directive.ts";
import { parseCopySource } from "../../protocol/copy-source.ts";
import { S3Error } from "../../protocol/errors.ts";
import { expirationHeaders } from "../../protocol/lifecycle/lifecycle-headers.ts";
import { quoteEtag } from "../../protocol/etag.ts";
import { xmlResponse } from "../../protocol/respond.ts";
import { parseStorageClass } from "../../protocol/storage-class.ts";
import { copiedHeaders } from "../../protocol/stored-headers.ts";
import { copySourceVersion, versionHeaders } from "../../protocol/version-headers.ts";
import { WANTS_REFERENCE } from "../../storage/ports/content-index.ts";
import { ofUpload } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";

/** A copy onto itself must ask for one of these; whether it makes a difference is not looked at. */
const CHANGES = [
  "x-amz-checksum-algorithm",
  "x-amz-server-side-encryption",
  "x-amz-server-side-encryption-customer-algorithm",
  "x-amz-storage-class",
  "x-amz-website-redirect-location",
];

/**
 * `PUT /{bucket}/{key}` with `x-amz-copy-source`: makes an object of another one's content, without moving its bytes. Tags
 * are copied, unless `x-amz-tagging-directive` is REPLACE; retention, legal hold, and ACL are not.
 *
 * Errors: InvalidArgument, InvalidRequest (onto itself without a change, a delete marker by its id, a lock in a bucket
 * without Object Lock), InvalidStorageClass, InvalidTag, NoSuchBucket, NoSuchKey, NoSuchVersion, PreconditionFailed,
 * SlowDown.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
 */
export const copyObject: ObjectOperation = {
  name: "CopyObject",
  scope: "object",
  access: ofUpload(),
  async handle(context) {
    refuseImport(context.request);
    const { key, bucket } = context;
    const { headers } = context.request;
    const annotations = parseAnnotationDirective(headers) === "COPY";
    const source = parseCopySource(headers);
    const isChange =
      parseDirective(headers, "metadata") === "REPLACE" ||
      CHANGES.some((name) => headers.has(name));

    const given = await uploadAttributes(context);
    const access = isPlainUpload(context) ? undefined : await newObjectAccess(context);
    const keepsTags = parseDirective(headers, "tagging") === "COPY";

    const copied = await copyContent(context, {
      key,
      async readSource() {
        const found = await readSource(context, source, { ...WANTS_REFERENCE, annotations });
        const { bucketId, record } = found;
        const isItself = bucketId === bucket.id && record.key === key;
        if (isItself && !isChange && source.versionId === undefined) throw ontoItself();
        if (keepsTags && record.attributes.tags.length > 0)
          await requireCopyOf("Tagging", context, found);
        if ((record.annotationCount ?? 0) > 0) await requireCopyOf("Annotation", context, found);
        checkSourceConditions(headers, "x-amz-copy-source-", record);
        return found;
      },
      attributesOf: ({ tags }) => (keepsTags ? { ...given, tags } : given),
      access,
      encryption: await uploadEncryption(context),
      headersOf: (stored) => copiedHeaders(stored, headers),
      storageClass: parseStorageClass(headers),
      checksumAlgorithm: parseChecksumAlgorithm(headers),
      conditions: parseWriteConditions(headers),
    });
    return xmlResponse(
      "CopyObjectResult",
      [
        ["ETag", quoteEtag(copied.etag)],
        ["LastModified", formatIsoDate(copied.lastModifiedMs)],
        ...checksumNodes(copied.checksum),
      ],
      {
        headers: {
          ...copied.encryptionHeaders,
          ...versionHeaders(copied.versionId),
          ...expirationHeaders(copied.expiration),
          ...copySourceVersion(copied.sourceVersionId),
        },
      },
    );
  },
};

function ontoItself(): S3Error {
  const message =
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.";
  return new S3Error("InvalidRequest", { message });
}
