import { broughtVersion } from "../../domain/brought-version.ts";
import { readDocument, transportClaims } from "../../domain/body/read-document.ts";
import { requireUploadsKey } from "../../domain/encryption/open-upload.ts";
import { recodePath } from "../../lib/uri.ts";
import { checksumNodes } from "../../protocol/checksum-headers.ts";
import {
  type CustomerKey,
  customerKeyHeaders,
  parseCustomerKey,
} from "../../protocol/encryption/customer-key.ts";
import { encryptionHeaders } from "../../protocol/encryption/stored-encryption.ts";
import { S3Error } from "../../protocol/errors.ts";
import { expirationHeaders } from "../../protocol/lifecycle/lifecycle-headers.ts";
import { quoteEtag } from "../../protocol/etag.ts";
import { xmlResponse } from "../../protocol/respond.ts";
import { noSuchUpload, uploadIdOf } from "../../protocol/upload-id.ts";
import { versionHeaders } from "../../protocol/version-headers.ts";
import type { BucketIndex } from "../../storage/ports/bucket-index.ts";
import type { CompletedUpload } from "../../storage/ports/upload-index.ts";
import type { Completion, CompletionRefusal } from "../../protocol/multipart-completion.ts";
import { ofCompletion, SIGNED_ONLY } from "../access.ts";
import type { ObjectContext, ObjectOperation } from "../operation.ts";
import { parseCompletion } from "./completion.ts";

/** 10,000 parts with the longest of checksums are some 3 MB. */
const MAX_DOCUMENT_BYTES = 8 * 1024 * 1024;

/**
 * `POST /{bucket}/{key}?uploadId`: makes the object of the parts that the body lists. No bytes move.
 *
 * Errors: NoSuchUpload, MalformedXML, InvalidPart, InvalidPartOrder, EntityTooSmall, InvalidArgument, InvalidRequest
 * (size, type or missing checksum of a part), BadDigest (the object's checksum), PreconditionFailed, NoSuchKey (If-Match on
 * a missing key), ConditionalRequestConflict (the key was written or deleted since the upload began).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 */
export const completeMultipartUpload: ObjectOperation = {
  name: "CompleteMultipartUpload",
  scope: "object",
  access: ofCompletion(SIGNED_ONLY),
  async handle(context) {
    const { request, bucket, key } = context;
    const { origin, rawPath } = request;
    const customerKey = parseCustomerKey(request.headers);
    const completed = await completedUpload(context, customerKey);
    return xmlResponse(
      "CompleteMultipartUploadResult",
      [
        ["Location", origin + recodePath(rawPath)],
        ["Bucket", bucket.name],
        ["Key", key],
        ["ETag", quoteEtag(completed.etag)],
        ...checksumNodes(completed.checksum),
      ],
      {
        headers: {
          ...versionHeaders(completed.versionId),
          ...expirationHeaders(completed.expiration),
          ...encryptionHeaders(completed.encryption),
          ...(customerKey !== undefined && customerKeyHeaders(customerKey)),
        },
      },
    );
  },
};

/** Makes the object. @throws S3Error as {@link completeMultipartUpload} */
export async function completedUpload(
  context: ObjectContext,
  customerKey: CustomerKey | undefined,
): Promise<CompletedUpload> {
  const { request, key, index } = context;
  const { headers } = request;
  const uploadId = uploadIdOf(request.query);
  // The checksums in the headers are the object's, not this document's.
  const document = await readDocument(context, MAX_DOCUMENT_BYTES, transportClaims);
  const completion = await describedFor(index, key, uploadId, () =>
    parseCompletion(document, headers, uploadId),
  );
  const encryption = await verifiedEncryption(context, uploadId, customerKey);
  const { newer, imported, versionId } = broughtVersion(context) ?? {};
  const described = {
    ...completion,
    ...(encryption !== undefined && { encryption }),
    ...(newer !== undefined && { newer }),
    ...(imported !== undefined && versionId !== undefined && { imported: { versionId, imported } }),
  };
  const completed = await index.completeUpload(key, uploadId, described);
  if (!completed.ok) throw refusalError(completed, uploadId);
  return completed;
}

/** How the upload is encrypted, if the request brings the customer's key that it is encrypted with. @throws S3Error InvalidRequest */
async function verifiedEncryption(
  { bucket, key, index }: ObjectContext,
  uploadId: string,
  customerKey: CustomerKey | undefined,
): Promise<string | undefined> {
  if (customerKey === undefined) return undefined;
  const upload = await index.findUpload(key, uploadId);
  // The shard says that there is none, or that it is completed already.
  if (upload === undefined) return undefined;
  requireUploadsKey(bucket.id, upload.encryption, customerKey);
  return upload.encryption;
}

/** Parses the document. If it is wrong and there is no such upload either, the answer is NoSuchUpload. */
async function describedFor(
  index: BucketIndex,
  key: string,
  uploadId: string,
  parse: () => Completion,
): Promise<Completion> {
  try {
    return parse();
  } catch (error) {
    if ((await index.findUpload(key, uploadId)) === undefined) throw noSuchUpload(uploadId);
    throw error;
  }
}

function refusalError(refusal: CompletionRefusal, uploadId: string): S3Error {
  if (refusal.code === "NoSuchUpload") return noSuchUpload(uploadId);
  return new S3Error(refusal.code, refusal);
}
