import type { WebsiteConfiguration } from "../protocol/website/website-configuration.ts";
import { gatewayDocument } from "./gateway-document.ts";

/** Never changes: stored data name it. */
export const WEBSITE_KIND = "website";

/** Undefined: the bucket is no website. */
export const websiteOf = gatewayDocument(
  WEBSITE_KIND,
  (body) => JSON.parse(body) as WebsiteConfiguration,
);
