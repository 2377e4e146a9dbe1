import { invalidArgument } from "./errors.ts";

/**
 * `x-amz-metadata-directive` or `x-amz-tagging-directive` of CopyObject: whether the copy has what its source has, or
 * what the request says.
 *
 * @throws S3Error InvalidArgument
 */
export function parseDirective(headers: Headers, kind: "metadata" | "tagging"): "COPY" | "REPLACE" {
  const name = `x-amz-${kind}-directive`;
  const directive = headers.get(name) ?? "COPY";
  if (directive === "COPY" || directive === "REPLACE") return directive;
  throw invalidArgument(`Unknown ${kind} directive.`, name, directive);
}
