import { mayBypassGovernance } from "../../domain/access/extra-permission.ts";
import { incomingBody } from "../../domain/body/incoming-body.ts";
import { bodyClaims } from "../../domain/body/read-document.ts";
import { holdInline } from "../../domain/body/store-body.ts";
import { annotatedVersionHeaders, parseObjectIfMatch } from "../../protocol/annotation-headers.ts";
import { parseAnnotationName } from "../../protocol/annotation-parameters.ts";
import { checksumHeaders } from "../../protocol/checksum-headers.ts";
import { S3Error } from "../../protocol/errors.ts";
import { quoteEtag } from "../../protocol/etag.ts";
import { xmlResponse } from "../../protocol/respond.ts";
import { refusalError } from "../../protocol/refusal.ts";
import { REFUSED_OF_WRITES } from "../../protocol/refused-headers.ts";
import { parseVersionId } from "../../protocol/version-id.ts";
import { onVersion } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";

const MAX_PAYLOAD_BYTES = 1024 * 1024;

/**
 * `PUT /{bucket}/{key}?annotation&annotationName=`: keeps a text beside a version of an object, in place of an older one
 * of this name.
 *
 * Errors: AccessDenied (it would replace one of a locked version), AnnotationLimitExceeded, AnnotationNameTooLong,
 * BadDigest, EntityTooLarge, InvalidAnnotationName, InvalidRequest (empty), MethodNotAllowed (a delete marker), NoSuchKey,
 * NoSuchVersion, PreconditionFailed, UnsupportedMediaType (not UTF-8).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAnnotation.html
 */
export const putObjectAnnotation: ObjectOperation = {
  name: "PutObjectAnnotation",
  scope: "object",
  access: onVersion("PutObjectAnnotation"),
  needsObject: true,
  storesBody: true,
  refuses: REFUSED_OF_WRITES,
  async handle(context) {
    const { request, payload, index, key } = context;
    const { method, headers, query } = request;
    const version = { key, versionId: parseVersionId(query) };
    const name = parseAnnotationName(query);
    const body = incomingBody(context);
    checkPayloadSize(body.sizeBytes);
    const { content, md5Hex, checksum } = await holdInline(body, bodyClaims(request, payload));
    checkUtf8(content.bytes);
    const outcome = await index.changeAnnotation(version, {
      kind: "put",
      annotations: [{ name, payload: content.bytes, etag: md5Hex, checksum }],
      ifMatch: parseObjectIfMatch(headers),
      bypassesGovernance: await mayBypassGovernance(context, version),
    });
    if (!outcome.ok) throw refusalError(outcome, { ...version, method });
    return xmlResponse(
      "PutObjectAnnotationOutput",
      [
        ["Key", key],
        ["AnnotationName", name],
      ],
      {
        headers: {
          etag: quoteEtag(md5Hex),
          ...checksumHeaders(checksum),
          ...annotatedVersionHeaders(outcome.versionId),
        },
      },
    );
  },
};

function checkPayloadSize(sizeBytes: number): void {
  if (sizeBytes === 0)
    throw new S3Error("InvalidRequest", { message: "The annotation payload cannot be empty." });
  if (sizeBytes > MAX_PAYLOAD_BYTES)
    throw new S3Error("EntityTooLarge", {
      fields: { ProposedSize: String(sizeBytes), MaxSizeAllowed: String(MAX_PAYLOAD_BYTES) },
    });
}

function checkUtf8(bytes: Uint8Array): void {
  try {
    new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new S3Error("UnsupportedMediaType");
  }
}
