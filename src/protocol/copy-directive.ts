import { invalidArgument } from "./errors.ts";

/**
 * `x-amz-metadata-directive` or `x-amz-tagging-directive` of CopyObject: whether the copy has what its source has, or
 * what the request says.
 *
 * @throws S3Error InvalidArgument
 */
export function parseDirective(headers: Headers, kind: "metadata" | "tagging"): "COPY" | "REPLACE" {
  return parseOneOf(headers, `x-amz-${kind}-directive`, kind, "REPLACE");
}

/**
 * `x-amz-object-annotation-directive` of CopyObject: whether the copy has the annotations of its source.
 *
 * @throws S3Error InvalidArgument
 */
export function parseAnnotationDirective(headers: Headers): "COPY" | "EXCLUDE" {
  return parseOneOf(headers, "x-amz-object-annotation-directive", "annotation", "EXCLUDE");
}

function parseOneOf<Other extends string>(
  headers: Headers,
  name: string,
  kind: string,
  other: Other,
): "COPY" | Other {
  const directive = headers.get(name) ?? "COPY";
  if (directive === "COPY" || directive === other) return directive as "COPY" | Other;
  throw invalidArgument(`Unknown ${kind} directive.`, name, directive);
}
