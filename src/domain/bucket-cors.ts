import type { CorsConfiguration } from "../protocol/cors/cors-configuration.ts";
import { compileCors } from "../protocol/cors/cors-match.ts";
import { gatewayDocument } from "./gateway-document.ts";

/** Never changes: stored data name it. */
export const CORS_KIND = "cors";

/** Undefined: the bucket has no CORS configuration. */
export const corsRulesOf = gatewayDocument(CORS_KIND, (body) =>
  compileCors(JSON.parse(body) as CorsConfiguration),
);
