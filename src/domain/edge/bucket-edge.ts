import type { EdgeDocument } from "../../protocol/edge/edge-document.ts";
import { gatewayDocument } from "../gateway-document.ts";

/** Never changes: stored data name it. */
export const EDGE_KIND = "edge";

/** Undefined: all reads of the bucket are strong. */
export const edgeOf = gatewayDocument(EDGE_KIND, (body) => JSON.parse(body) as EdgeDocument);
