import { createHash, timingSafeEqual } from "node:crypto";
import { metricsDocument } from "../domain/metrics/metrics-document.ts";
import { S3Error } from "../protocol/errors.ts";
import type { OtherApi } from "./other-api.ts";

const BEARER = /^Bearer +(\S+)$/i;

/**
 * `GET /_ledge/metrics` with METRICS_TOKEN as a bearer token, as Prometheus asks. Without such a token the request is the
 * deployment root's, or nobody's.
 */
export const metricsApi: OtherApi = {
  selects: ({ method, key, headers }) =>
    method === "GET" && key === "metrics" && BEARER.test(headers.get("authorization") ?? ""),

  async answer({ request, ports }) {
    const [, token = ""] = BEARER.exec(request.headers.get("authorization") ?? "") ?? [];
    const { metricsToken } = ports.settings;
    if (metricsToken === undefined || !isEqual(token, metricsToken))
      throw new S3Error("AccessDenied");
    const prefix = request.query.get("prefix") ?? "";
    return { operation: "GetMetrics", response: await metricsDocument(ports, prefix) };
  },
};

/** Takes as long whatever is told: hashes have one length, and how many of their bytes are alike says nothing of the token's. */
function isEqual(told: string, secret: string): boolean {
  const [a, b] = [told, secret].map((text) => createHash("sha256").update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}
