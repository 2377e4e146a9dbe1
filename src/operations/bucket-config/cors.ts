import { CORS_KIND } from "../../domain/bucket-cors.ts";
import { checkCors, CorsConfiguration } from "../../protocol/cors/cors-configuration.ts";
import { documentKind } from "./stored-document.ts";

/**
 * `?cors`: which pages of other origins may have the bucket's answers. `http/cors.ts` obeys it.
 *
 * Errors: NoSuchCORSConfiguration, InvalidRequest (a method that CORS has not, too many wildcards), InvalidArgument.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html
 */
export const CORS = documentKind({
  subresource: "cors",
  kind: CORS_KIND,
  part: "gateway",
  root: "CORSConfiguration",
  shape: CorsConfiguration,
  name: "BucketCors",
  action: "BucketCORS",
  fresh: "NoSuchCORSConfiguration",
  isVouchedFor: true,
  check(document) {
    checkCors(document);
    return document;
  },
});
