import { SUBRESOURCES } from "../../protocol/subresources.ts";

/**
 * The query parameters that SigV2 signs: all that select an operation, and all that say what it is about or what the
 * answer's headers say; else whoever holds a presigned URL could turn it into another request. They are those that AWS
 * documents and botocore signs, and more: a client that does not know them as signed (botocore: `encryption`, `attributes`,
 * `id`, and the like) has to sign such a request with SigV4. What only narrows or pages a listing is not signed, as AWS has
 * it.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
 */
export const SIGNED_PARAMETERS: ReadonlySet<string> = new Set([
  ...SUBRESOURCES,
  "annotationName",
  "defaultObjectAcl",
  "id",
  "partNumber",
  "response-cache-control",
  "response-content-disposition",
  "response-content-encoding",
  "response-content-language",
  "response-content-type",
  "response-expires",
  "select-type",
  "storageClass",
  "versionId",
]);
