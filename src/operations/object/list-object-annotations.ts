import { formatIsoDate } from "../../lib/http-date.ts";
import type { XmlNode } from "../../lib/xml-writer.ts";
import { annotatedVersionHeaders } from "../../protocol/annotation-headers.ts";
import { parseListAnnotations } from "../../protocol/annotation-parameters.ts";
import { encodeToken } from "../../protocol/continuation-token.ts";
import { quoteEtag } from "../../protocol/etag.ts";
import { xmlResponse } from "../../protocol/respond.ts";
import { refusalError } from "../../protocol/refusal.ts";
import { parseVersionId } from "../../protocol/version-id.ts";
import type { AnnotationSummary } from "../../storage/ports/annotation-index.ts";
import { onVersion } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";

/**
 * `GET /{bucket}/{key}?annotation`: the annotations of a version, without their texts, in the order of their names.
 *
 * Errors: InvalidArgument, InvalidPrefix, MethodNotAllowed (a delete marker), NoSuchKey, NoSuchVersion.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectAnnotations.html
 */
export const listObjectAnnotations: ObjectOperation = {
  name: "ListObjectAnnotations",
  scope: "object",
  access: onVersion("ListObjectAnnotations"),
  needsObject: true,
  async handle({ request: { method, query }, bucket, index, key }) {
    const version = { key, versionId: parseVersionId(query) };
    const { prefix, continuationToken, after, maxResults } = parseListAnnotations(query);
    const listing = { withPayloads: false, prefix, after, limit: maxResults };
    const page = await index.listAnnotations(version, listing);
    if (!page.ok) throw refusalError(page, { ...version, method });
    const { annotations, isTruncated } = page;
    const last = isTruncated ? annotations.at(-1) : undefined;
    return xmlResponse(
      "ListObjectAnnotationsOutput",
      [
        ["Annotations", annotations.map(annotationNode)],
        ["Bucket", bucket.name],
        ["Key", key],
        ["AnnotationPrefix", prefix === "" ? undefined : prefix],
        ["MaxAnnotationResults", maxResults],
        ["AnnotationCount", annotations.length],
        ["ContinuationToken", continuationToken],
        ["NextContinuationToken", last && encodeToken(last.name)],
      ],
      { headers: annotatedVersionHeaders(page.versionId) },
    );
  },
};

function annotationNode({
  name,
  sizeBytes,
  etag,
  lastModifiedMs,
  checksum,
}: AnnotationSummary): XmlNode {
  return [
    "AnnotationEntry",
    [
      ["AnnotationName", name],
      ["ChecksumAlgorithm", checksum?.algorithm],
      ["ETag", quoteEtag(etag)],
      ["LastModified", formatIsoDate(lastModifiedMs)],
      ["Size", sizeBytes],
    ],
  ];
}
