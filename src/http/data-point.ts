import { boundedText } from "../lib/bounded-text.ts";
import type { RequestFigure } from "../domain/metrics/request-figures.ts";
import { type AnsweredRequest, requesterOf } from "./request-log.ts";

/** Of a text that a client chooses. */
const MAX_CHARACTERS = 256;

/**
 * What Analytics Engine keeps of a request; docs/operate.md has the columns and queries. Never keys, and no query. Where there are more
 * points than it keeps, it samples by the index, so that no bucket drowns another.
 *
 * Source: https://developers.cloudflare.com/analytics/analytics-engine/get-started/
 */
export function dataPoint(
  { raw, via, request, caller }: AnsweredRequest,
  { operation, status, code, durationMs, receivedBytes, sentBytes, edge }: RequestFigure,
): AnalyticsEngineDataPoint {
  const colo = raw.cf?.["colo"];
  const bucket = request?.bucket?.slice(0, 63) ?? "";
  return {
    indexes: [bucket],
    blobs: [
      operation ?? "none",
      code ?? "",
      bucket,
      caller === undefined ? "" : requesterOf(caller),
      raw.method,
      boundedText(raw.headers.get("user-agent") ?? "", MAX_CHARACTERS),
      typeof colo === "string" ? colo : "",
      edge ?? "",
      via ?? "",
    ],
    doubles: [durationMs, receivedBytes, sentBytes, status],
  };
}
