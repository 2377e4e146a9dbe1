import { WEBSITE_KIND } from "../../domain/bucket-website.ts";
import {
  checkWebsite,
  WebsiteConfiguration,
} from "../../protocol/website/website-configuration.ts";
import { documentKind } from "./stored-document.ts";

/**
 * `?website`: what the bucket's address for browsers answers. `operations/website/` obeys it.
 *
 * Errors: NoSuchWebsiteConfiguration, InvalidArgument, InvalidRequest.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketWebsite.html
 */
export const WEBSITE = documentKind({
  subresource: "website",
  kind: WEBSITE_KIND,
  part: "gateway",
  root: "WebsiteConfiguration",
  shape: WebsiteConfiguration,
  name: "BucketWebsite",
  deleteAction: "DeleteBucketWebsite",
  fresh: "NoSuchWebsiteConfiguration",
  isVouchedFor: true,
  maxBytes: 128 * 1024,
  check(document) {
    checkWebsite(document);
    return document;
  },
});
