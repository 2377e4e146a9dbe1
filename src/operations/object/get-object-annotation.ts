import { formatHttpDate } from "../../lib/http-date.ts";
import { annotatedVersionHeaders } from "../../protocol/annotation-headers.ts";
import { parseAnnotationName } from "../../protocol/annotation-parameters.ts";
import { wantedChecksumHeaders } from "../../protocol/checksum-headers.ts";
import { quoteEtag } from "../../protocol/etag.ts";
import { refusalError } from "../../protocol/refusal.ts";
import { parseVersionId } from "../../protocol/version-id.ts";
import { onVersion } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";

/**
 * `GET /{bucket}/{key}?annotation&annotationName=`: the text of an annotation, as it was put.
 *
 * Errors: MethodNotAllowed (a delete marker), NoSuchAnnotation, NoSuchKey, NoSuchVersion.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAnnotation.html
 */
export const getObjectAnnotation: ObjectOperation = {
  name: "GetObjectAnnotation",
  scope: "object",
  access: onVersion("GetObjectAnnotation"),
  needsObject: true,
  async handle({ request: { method, headers, query }, index, key }) {
    const version = { key, versionId: parseVersionId(query) };
    const outcome = await index.readAnnotation(version, parseAnnotationName(query));
    if (!outcome.ok) throw refusalError(outcome, { ...version, method });
    const { payload, etag, sizeBytes, lastModifiedMs, checksum } = outcome.annotation;
    return new Response(payload, {
      headers: {
        "content-length": String(sizeBytes),
        "content-type": "binary/octet-stream",
        etag: quoteEtag(etag),
        "last-modified": formatHttpDate(lastModifiedMs),
        ...wantedChecksumHeaders(headers, checksum),
        ...annotatedVersionHeaders(outcome.versionId),
      },
    });
  },
};
