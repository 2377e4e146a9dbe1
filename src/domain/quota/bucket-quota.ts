import type { Quota } from "../../protocol/quota/quota-document.ts";
import { gatewayDocument } from "../gateway-document.ts";

/** Never changes: stored data name it. */
export const QUOTA_KIND = "quota";

/** Undefined: the bucket may have as much as there is room for. */
export const quotaOf = gatewayDocument(QUOTA_KIND, (body) => JSON.parse(body) as Quota);
